import { useEffect, useState } from 'react';
import { agoText, untilText } from './time-text';
import { useRegion } from './use-region';

/** A point in time that is yet to come: in how long; the whole of it on demand. */
export function UntilTime({ at }: { readonly at: string }) {
  const region = useRegion();
  const now = useNow(15_000);
  const date = new Date(at);
  return (
    <time dateTime={at} title={new Intl.DateTimeFormat(region, { dateStyle: 'medium', timeStyle: 'short' }).format(date)}>
      {untilText(date, now, region)}
    </time>
  );
}

/** A point in time: how long ago, for a week; the whole of it on demand. */
export function Ago({ at }: { readonly at: string }) {
  const region = useRegion();
  const now = useNow(5_000);
  const date = new Date(at);
  const full = new Intl.DateTimeFormat(region, { dateStyle: 'medium', timeStyle: 'medium' }).format(date);
  const isRecent = now - date.getTime() < 7 * 86_400_000;
  const text = isRecent ? agoText(date, now, region) : dateText(date, region);
  return (
    <time dateTime={at} title={full}>
      {text}
    </time>
  );
}

export const dateText = (date: Date, language: string): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(date);

/** The time, looked at every so often. @param everyMs milliseconds */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

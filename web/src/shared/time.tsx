import { useEffect, useState } from 'react';
import { useRegion } from './use-region';

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** How long ago, in the largest unit that fits; `now` below five seconds. */
export function agoText(at: Date, now: number, language: string): string {
  const seconds = Math.max(0, (now - at.getTime()) / 1_000);
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  if (seconds < 5) return format.format(0, 'second');
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? ['second', 1];
  return format.format(-Math.floor(seconds / size), unit);
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

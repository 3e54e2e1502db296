import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { agoText } from '../shared/time-text';
import { useRegion } from '../shared/use-region';

interface ActivityProps {
  /** When something was there last. */
  readonly last: string;
  /** Since when it is there. */
  readonly since: string;
  /** Unix milliseconds by the server's clock. */
  readonly now: number;
  /** In one line, where there is little room for rows. */
  readonly isInline?: boolean;
}

/** How long ago something happened last, and since when that goes on. */
export function Activity({ last, since, now, isInline = false }: ActivityProps) {
  const { t } = useTranslation('admin');
  const region = useRegion();
  const display = isInline ? 'inline' : 'block';
  return (
    <>
      <Text component="time" display={display} size="sm" dateTime={last} title={fullText(last, region)} className="admin-figure">
        {agoText(new Date(last), now, region)}
      </Text>
      {isInline && ' · '}
      <Text component="time" display={display} size="sm" c="dimmed" dateTime={since} title={fullText(since, region)}>
        {t('common.since', { time: sinceText(new Date(since), now, region) })}
      </Text>
    </>
  );
}

const fullText = (at: string, language: string): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(at));

const DAY_MS = 86_400_000;

/** A time of day where that says enough, else a day. */
function sinceText(at: Date, now: number, language: string): string {
  const isRecent = now - at.getTime() < DAY_MS && at.getDate() === new Date(now).getDate();
  return new Intl.DateTimeFormat(language, isRecent ? { timeStyle: 'short' } : { day: 'numeric', month: 'short' }).format(at);
}

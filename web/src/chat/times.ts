/** As short as it is clear: the time of today, the weekday of this week, else the date. */
export function shortTime(at: Date, language: string, now = new Date()): string {
  if (at.toDateString() === now.toDateString()) return clockTime(at, language);
  const days = (now.getTime() - at.getTime()) / 86_400_000;
  if (days < 6) return new Intl.DateTimeFormat(language, { weekday: 'short' }).format(at);
  const isThisYear = at.getFullYear() === now.getFullYear();
  return new Intl.DateTimeFormat(language, isThisYear ? { day: 'numeric', month: 'short' } : { dateStyle: 'short' }).format(at);
}

export const clockTime = (at: Date, language: string): string =>
  new Intl.DateTimeFormat(language, { hour: 'numeric', minute: '2-digit' }).format(at);

/** Whole days before today; 0 for today. */
export function daysAgo(at: Date, now = new Date()): number {
  const start = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  return Math.round((start(now) - start(at)) / 86_400_000);
}

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

/** How long until a time, in the largest unit that fits and rounded up. */
export function untilText(at: Date, now: number, language: string): string {
  const seconds = Math.max(1, (at.getTime() - now) / 1_000);
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? ['second', 1];
  return new Intl.RelativeTimeFormat(language).format(Math.ceil(seconds / size), unit);
}

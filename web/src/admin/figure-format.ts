/** Numbers as people of a language write them: those below ten with a digit behind the point, where there is one. */
export function numberText(value: number, language: string): string {
  const digits = Math.abs(value) < 10 ? 1 : 0;
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

const MEGABYTE = 1024 * 1024;

/** @param bytes a size in memory */
export function sizeText(bytes: number, language: string): string {
  const [value, unit] = bytes < 1024 * MEGABYTE ? [bytes / MEGABYTE, 'megabyte'] : [bytes / (1024 * MEGABYTE), 'gigabyte'];
  const digits = unit === 'gigabyte' ? 2 : 0;
  return new Intl.NumberFormat(language, { style: 'unit', unit, maximumFractionDigits: digits }).format(value);
}

export function millisecondsText(value: number, language: string): string {
  const digits = value < 10 ? 1 : 0;
  return new Intl.NumberFormat(language, { style: 'unit', unit: 'millisecond', maximumFractionDigits: digits }).format(value);
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** A length of time in its two largest units: `3 hr 12 min`. */
export function durationText(seconds: number, language: string): string {
  let rest = Math.max(0, Math.floor(seconds));
  const largest = UNITS.findIndex(([, length]) => rest >= length);
  return UNITS.slice(largest < 0 ? -1 : largest)
    .slice(0, 2)
    .map(([unit, length]) => {
      const count = Math.floor(rest / length);
      rest -= count * length;
      return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(count);
    })
    .join(' ');
}

/** A time of day. @param at unix milliseconds */
export const timeText = (at: number, language: string): string =>
  new Intl.DateTimeFormat(language, { timeStyle: 'medium' }).format(at);

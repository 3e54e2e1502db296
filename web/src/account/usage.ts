/** How far a user's quota is used, as the server says it. */
export interface QuotaUse {
  readonly kind: string;
  readonly used: number;
  /** null where there is none. */
  readonly limit: number | null;
  /** When `used` begins at 0 again; null for what is open at once rather than used within a time. */
  readonly resets_at: string | null;
}

/** Kinds that there are words for. Others, of a later server, are shown by their own name. */
const KINDS = ['messages', 'bytes', 'chats', 'members', 'lookups', 'reports', 'mails', 'matches'] as const;
export type QuotaKind = (typeof KINDS)[number];

export const isQuotaKind = (kind: string): kind is QuotaKind => (KINDS as readonly string[]).includes(kind);

/** Percent from which on a quota is nearly used up. */
const NEARLY = 80;

export type UsageLevel = 'usual' | 'nearly' | 'full';

/** How full a quota is: whole percent, which are 100 only when nothing is left, and 0 without a limit. */
export function percentOf({ used, limit }: QuotaUse): number {
  if (limit === null) return 0;
  if (used >= limit) return 100;
  return Math.min(99, Math.ceil((used / limit) * 100));
}

export function levelOf(use: QuotaUse): UsageLevel {
  const percent = percentOf(use);
  return percent === 100 ? 'full' : percent >= NEARLY ? 'nearly' : 'usual';
}

const SIZES = [
  ['gigabyte', 1e9],
  ['megabyte', 1e6],
  ['kilobyte', 1e3],
  ['byte', 1],
] as const;

/** An amount of a kind: bytes as sizes, by powers of ten as the settings count them; all else as a number. */
export function amountText(kind: string, amount: number, language: string): string {
  if (kind !== 'bytes') return new Intl.NumberFormat(language).format(amount);
  const [unit, size] = SIZES.find(([, one]) => amount >= one) ?? ['byte', 1];
  const unitDisplay = unit === 'byte' ? 'long' : 'short'; // short it has no plural: 0 byte
  const format = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay, maximumFractionDigits: 1 });
  return format.format(amount / size);
}

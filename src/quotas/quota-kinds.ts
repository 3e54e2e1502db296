import type { Settings } from '../config/settings.js';

/** What is counted for each user, in the order in which it is listed. */
export const QUOTA_KINDS = ['messages', 'bytes', 'chats', 'members', 'lookups', 'reports', 'mails'] as const;
export type QuotaKind = (typeof QUOTA_KINDS)[number];

/** How much of each kind something costs; what is left out costs nothing. */
export type Amounts = Readonly<Partial<Record<QuotaKind, number>>>;

const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

const MEGABYTE = 1_000_000;

export interface QuotaRule {
  /** Windows begin at multiples of this: by the hour or the day of UTC. */
  readonly windowMs: number;
  /** 0 for no limit. */
  readonly limit: (settings: Settings) => number;
  /** What a refusal calls it, after the number. */
  readonly words: string;
}

export const QUOTA_RULES: Readonly<Record<QuotaKind, QuotaRule>> = {
  messages: { windowMs: DAY_MS, limit: (s) => s.QUOTA_MESSAGES_PER_DAY, words: 'messages a day' },
  bytes: { windowMs: DAY_MS, limit: (s) => s.QUOTA_MEGABYTES_PER_DAY * MEGABYTE, words: 'bytes of messages a day' },
  chats: { windowMs: DAY_MS, limit: (s) => s.QUOTA_CHATS_PER_DAY, words: 'new chats a day' },
  members: { windowMs: DAY_MS, limit: (s) => s.QUOTA_MEMBERS_PER_DAY, words: 'people added to chats a day' },
  lookups: { windowMs: HOUR_MS, limit: (s) => s.QUOTA_LOOKUPS_PER_HOUR, words: 'users looked up an hour' },
  reports: { windowMs: DAY_MS, limit: (s) => s.QUOTA_REPORTS_PER_DAY, words: 'reports a day' },
  mails: { windowMs: DAY_MS, limit: (s) => s.QUOTA_MAILS_PER_DAY, words: 'mails a day' },
};

/** When the window began that `now` lies in. @param now unix milliseconds */
export const windowStart = (windowMs: number, now: number): number => now - (now % windowMs);

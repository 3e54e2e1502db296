import type { WeightBy } from '../commands/command.js';

/*
 * What commands weigh, in units of about 1.4 ms of a processor, PostgreSQL and this process together: a page of fifty messages. Measured in
 * docs/adr/0014-cost-of-commands.md.
 * What depends on what is found, such as how many members a chat has, is settled after the command.
 */

interface Limited {
  readonly limit?: number | null;
}

interface ReadPage {
  readonly messages: readonly { readonly seq: number }[];
  readonly last_seq: number;
  readonly has_more: boolean;
}

/** A page that weighs one unit for every `each` of what is asked for. */
const paged = (each: number, byDefault: number, what: string): WeightBy<Limited> => ({
  least: 1,
  by: `1 frame for each ${each} ${what} of \`limit\`, at least 1`,
  of: ({ limit }) => Math.max(1, (limit ?? byDefault) / each),
});

const HISTORY_PAGE = paged(100, 50, 'messages');
export const HISTORY_WEIGHT: WeightBy<Limited> = {
  ...HISTORY_PAGE,
  by: `${HISTORY_PAGE.by}; afterwards 1 for each 10,000 entries of users whom the caller has blocked`,
};
/** Entries of blocked users that are passed over for one unit. */
const PASSED_OVER = 10_000;

/** What a page of history turned out to weigh for a reader who has blocked somebody: how much of the log it was gathered from. */
export function passedOver(
  page: ReadPage,
  { beforeSeq, afterSeq }: { beforeSeq?: number | undefined; afterSeq?: number | undefined },
): number {
  const end = Math.min(beforeSeq ?? page.last_seq, page.last_seq);
  const [first, last] = [page.messages[0]?.seq, page.messages.at(-1)?.seq];
  const span = afterSeq === undefined ? end - (first ?? 0) : (page.has_more ? (last ?? end) : end) - afterSeq;
  return Math.max(0, span) / PASSED_OVER;
}

export const SYNC_WEIGHT = paged(125, 200, 'entries');

/** Chats whose activity is compared to find the newest ones, for one unit. */
const COMPARED = 300;
/** Unread messages that are counted for one unit. */
const COUNTED = 8_000;

export const LIST_WEIGHT: WeightBy<Limited> = {
  least: 2,
  by: '2 frames, and 1 for each 50 chats of `limit`; afterwards 1 for each 300 chats of the caller, and for each 8,000 unread messages',
  of: ({ limit }) => 2 + (limit ?? 100) / 50,
};

/** What a list turned out to weigh beyond that. */
export const listed = (chats: number, unread: number): number => chats / COMPARED + unread / COUNTED;

/** Members of an answer for one unit. */
const SHOWN = 100;

/** What a chat with its members turned out to weigh. */
export const shown = ({ members }: { readonly members: readonly unknown[] }): number => members.length / SHOWN;

const SHOWN_BY = 'afterwards 1 for each 100 members of the chat';

/** Names to be looked up, each of which becomes a member. */
export const NAMES_WEIGHT: WeightBy<{ readonly members: readonly unknown[] }> = {
  least: 3,
  by: `3 frames, and 1 for each 50 names; ${SHOWN_BY}`,
  of: ({ members }) => 3 + members.length / 50,
};

/** A chat that is shown with its members. */
export const SHOW_WEIGHT: WeightBy<object> = { least: 1, by: `1 frame; ${SHOWN_BY}`, of: () => 1, most: 50 };

/** Entries that are read to catch up, for one unit. */
const REPLAYED = 50;

export const RESUME_WEIGHT: WeightBy<{ readonly cursors: readonly unknown[] }> = {
  least: 1,
  by: '1 frame, and 1 for each 16 cursors; afterwards 1 for each 50 entries that were missed',
  of: ({ cursors }) => 1 + cursors.length / 16,
};

/** What it turned out to weigh to catch up. */
export const replayed = (entries: number): number => entries / REPLAYED;

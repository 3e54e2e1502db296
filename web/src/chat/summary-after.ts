import type { ChatSummary, LogEntry } from '../../../clients/typescript/src/index.js';

/** The server counts no further. */
const MAX_UNREAD = 999;

/** As the server sorts them, so that those of one second stay in their places. */
export const newestFirst = (a: ChatSummary, b: ChatSummary): number =>
  a.last_activity_at === b.last_activity_at ? b.chat_id - a.chat_id : a.last_activity_at < b.last_activity_at ? 1 : -1;

export const isGoing = ({ kind, member_id: id }: LogEntry, userId: number): boolean => kind === 'left' && id === userId;

/** How much of a chat is unread after one more entry of its log. Who says something has read the chat up to there. */
export function readAfter(
  { unread, read_seq }: ChatSummary,
  { kind, seq, from_id: by, deleted_seq: deletedSeq }: LogEntry,
  userId: number,
  isWatched: boolean,
): Pick<ChatSummary, 'unread' | 'read_seq'> {
  if (kind !== 'message') return { unread, read_seq };
  if (by === userId) return { unread: 0, read_seq: seq };
  const isNews = deletedSeq === undefined && !isWatched;
  return { unread: Math.min(MAX_UNREAD, unread + (isNews ? 1 : 0)), read_seq };
}

/** What the list shows of a chat after one more entry of its log. */
export function previewAfter(last: ChatSummary['last_message'], entry: LogEntry): ChatSummary['last_message'] {
  if (entry.kind === 'message') return entry.deleted_seq === undefined ? entry : last;
  if (entry.target_seq === undefined || entry.target_seq !== last?.seq) return last;
  if (entry.kind === 'edited') return { ...last, content: entry.content };
  return entry.kind === 'deleted' ? { ...last, kind: 'deleted', content: null } : last;
}

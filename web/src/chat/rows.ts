import type { Pending } from './chat-log';
import type { ShownMessage } from './shown-message';

/** One line of the view of a chat. */
export type Row =
  | { readonly kind: 'beginning'; readonly key: string }
  | { readonly kind: 'day'; readonly key: string; readonly at: Date }
  /** Below it is what was not read when the chat was opened. */
  | { readonly kind: 'unread'; readonly key: string }
  | { readonly kind: 'note'; readonly key: string; readonly message: ShownMessage }
  /** `isFirst`, `isLast`: of several by the same person in a row, which are shown as one. */
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly message: ShownMessage;
      readonly isFirst: boolean;
      readonly isLast: boolean;
    }
  | { readonly kind: 'pending'; readonly key: string; readonly pending: Pending };

/** Messages further apart than this are not shown as one. Milliseconds. */
const TOGETHER_MS = 5 * 60_000;

interface Shown {
  readonly messages: readonly ShownMessage[];
  readonly pending: readonly Pending[];
  readonly hasOlder: boolean;
  /** The first message that was new when the chat was opened; undefined for none, or one that is not here yet. */
  readonly firstNew: number | undefined;
}

/** What the view of a chat shows, from top to bottom. Keys stay with what they stand for, so that nothing jumps. */
export function rowsOf({ messages, pending, hasOlder, firstNew }: Shown): Row[] {
  const rows: Row[] = hasOlder ? [] : [{ kind: 'beginning', key: 'beginning' }];
  messages.forEach((message, index) => {
    const before = messages[index - 1];
    const at = new Date(message.at);
    if (!before || new Date(before.at).toDateString() !== at.toDateString()) {
      rows.push({ kind: 'day', key: `day-${at.toDateString()}`, at });
    }
    if (message.seq === firstNew) rows.push({ kind: 'unread', key: 'unread' });
    if (message.kind === 'joined' || message.kind === 'left') {
      rows.push({ kind: 'note', key: `m${message.seq}`, message });
      return;
    }
    const after = messages[index + 1];
    const isFirst = message.seq === firstNew || !isTogether(before, message);
    const isLast = after?.seq === firstNew || !isTogether(message, after);
    rows.push({ kind: 'message', key: `m${message.seq}`, message, isFirst, isLast });
  });
  return [...rows, ...pending.map((one) => ({ kind: 'pending' as const, key: `p${one.clientMsgId}`, pending: one }))];
}

/**
 * The first message of others after what had been read.
 * @param readSeq the last entry that had been read when the chat was opened
 */
export function firstNewOf(
  { messages, hasOlder }: Pick<Shown, 'messages' | 'hasOlder'>,
  readSeq: number,
  userId: number,
): number | undefined {
  // Where the oldest that is here is new already, the first may be above it.
  if (hasOlder && (messages[0]?.seq ?? 0) > readSeq) return undefined;
  const isSaid = ({ kind }: ShownMessage): boolean => kind === 'message' || kind === 'deleted';
  return messages.find((message) => message.seq > readSeq && message.fromId !== userId && isSaid(message))?.seq;
}

function isTogether(a: ShownMessage | undefined, b: ShownMessage | undefined): boolean {
  if (!a || !b) return false;
  const areSaid = [a, b].every(({ kind }) => kind === 'message' || kind === 'deleted');
  const [first, second] = [new Date(a.at), new Date(b.at)];
  const areClose = second.getTime() - first.getTime() < TOGETHER_MS && first.toDateString() === second.toDateString();
  return areSaid && areClose && a.fromId === b.fromId;
}

import type { Pending, ShownMessage } from './chat-log';

/** One line of the view of a chat. */
export type Row =
  | { readonly kind: 'beginning'; readonly key: string }
  | { readonly kind: 'day'; readonly key: string; readonly at: Date }
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
}

/** What the view of a chat shows, from top to bottom. Keys stay with what they stand for, so that nothing jumps. */
export function rowsOf({ messages, pending, hasOlder }: Shown): Row[] {
  const rows: Row[] = hasOlder ? [] : [{ kind: 'beginning', key: 'beginning' }];
  messages.forEach((message, index) => {
    const before = messages[index - 1];
    const at = new Date(message.at);
    if (!before || new Date(before.at).toDateString() !== at.toDateString()) {
      rows.push({ kind: 'day', key: `day-${at.toDateString()}`, at });
    }
    if (message.kind === 'joined' || message.kind === 'left') {
      rows.push({ kind: 'note', key: `m${message.seq}`, message });
      return;
    }
    const isFirst = !isTogether(before, message);
    const isLast = !isTogether(message, messages[index + 1]);
    rows.push({ kind: 'message', key: `m${message.seq}`, message, isFirst, isLast });
  });
  return [...rows, ...pending.map((one) => ({ kind: 'pending' as const, key: `p${one.clientMsgId}`, pending: one }))];
}

function isTogether(a: ShownMessage | undefined, b: ShownMessage | undefined): boolean {
  if (!a || !b) return false;
  const areSaid = [a, b].every(({ kind }) => kind === 'message' || kind === 'deleted');
  const [first, second] = [new Date(a.at), new Date(b.at)];
  const areClose = second.getTime() - first.getTime() < TOGETHER_MS && first.toDateString() === second.toDateString();
  return areSaid && areClose && a.fromId === b.fromId;
}

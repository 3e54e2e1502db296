import type { LogEntry } from '../../../clients/typescript/src/index.js';

/** A message as it is shown: what it says now. */
export interface ShownMessage {
  readonly seq: number;
  readonly kind: 'message' | 'deleted' | 'joined' | 'left';
  readonly fromId: number;
  readonly fromName: string;
  readonly content: string;
  readonly contentType: string;
  readonly at: string;
  readonly memberName?: string;
  readonly memberId?: number;
  readonly clientMsgId: string | null;
  /** The entry by which it was last changed; 0 for never. */
  readonly editedSeq: number;
}

/** What was said later stands, whatever is heard of first. */
export const edited =
  (content: string, entrySeq: number) =>
  (message: ShownMessage): ShownMessage =>
    message.editedSeq >= entrySeq ? message : { ...message, content, editedSeq: entrySeq };

/** With the name that a user has now. */
export function renamed(message: ShownMessage, userId: number, username: string): ShownMessage {
  const isBy = message.fromId === userId && message.fromName !== username;
  const isAbout = message.memberId === userId && message.memberName !== username;
  if (!isBy && !isAbout) return message;
  return { ...message, ...(isBy && { fromName: username }), ...(isAbout && { memberName: username }) };
}

export const deleted = (message: ShownMessage): ShownMessage => ({ ...message, kind: 'deleted', content: '' });

function kindOf({ kind, deleted_seq: deletedSeq }: LogEntry): ShownMessage['kind'] {
  if (kind === 'joined' || kind === 'left') return kind;
  return deletedSeq === undefined ? 'message' : 'deleted';
}

/** An entry as it is shown at first. */
export function shown(entry: LogEntry): ShownMessage {
  return {
    seq: entry.seq,
    kind: kindOf(entry),
    fromId: entry.from_id,
    fromName: entry.from_name,
    content: entry.content ?? '',
    contentType: entry.content_type ?? 'text/plain',
    at: entry.created_at,
    memberName: entry.member_name,
    memberId: entry.member_id,
    clientMsgId: entry.client_msg_id,
    editedSeq: entry.edited_seq ?? 0,
  };
}

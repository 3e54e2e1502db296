/** What an entry of a chat's log is: something said, a change of what was said, or a change of who is in the chat. */
export type Kind = 'message' | 'edited' | 'deleted' | 'joined' | 'left';

/** What a message is from whose sender has gone. */
export const DELETED_USER = 'deleted user';

/** One entry of a chat's log, as clients see it in events and pages. */
export interface Message {
  /** Unique in its chat: equal to `seq`. */
  readonly id: number;
  readonly chat_id: number;
  /** 1, 2, 3 … without holes. */
  readonly seq: number;
  readonly kind: Kind;
  /** Who did it. */
  readonly from_id: number;
  readonly from_name: string;
  /** What was said, or what an edited message says now; null of other kinds, and after the message was deleted. */
  readonly content: string | null;
  readonly content_type: string | null;
  /** UTC, with milliseconds. Order is by `seq`, never by this. */
  readonly created_at: string;
  readonly client_msg_id: string | null;
  /** Of `edited` and `deleted`: the message that it changes. */
  readonly target_seq?: number;
  /** Of `joined` and `left`: whom it is about, who need not be the one who did it. */
  readonly member_id?: number;
  readonly member_name?: string;
  /** In a history: the entry by which the message was last changed. */
  readonly edited_seq?: number;
  /** In the log, of a message that was deleted: the entry that says so. Its text is erased. */
  readonly deleted_seq?: number;
}

/**
 * What stands in the log of a chat for somebody who has blocked the author of a message or an edit: its place, so that the log has no holes,
 * and nothing of what it says.
 */
export interface Withheld {
  readonly id: number;
  readonly chat_id: number;
  readonly seq: number;
  readonly kind: 'withheld';
  readonly from_id: null;
  readonly from_name: null;
  readonly content: null;
  readonly content_type: null;
  readonly created_at: string;
  readonly client_msg_id: null;
}

/** Kinds of entries that say something, and so are withheld from who has blocked their author. */
export const saysSomething = ({ kind }: Pick<Message, 'kind'>): boolean => kind === 'message' || kind === 'edited';

export const withheld = ({ id, chat_id, seq, created_at }: Message): Withheld => ({
  id,
  chat_id,
  seq,
  kind: 'withheld',
  from_id: null,
  from_name: null,
  content: null,
  content_type: null,
  created_at,
  client_msg_id: null,
});

/** An entry as the database gives it. */
export interface MessageRow {
  readonly chat_id: number;
  readonly seq: number;
  readonly kind: Kind;
  readonly sender_id: number;
  readonly sender_name: string | null;
  readonly content: string | null;
  readonly content_type: string | null;
  readonly client_msg_id: string | null;
  readonly created_at: Date;
  readonly target_seq: number | null;
  readonly member_id: number | null;
  readonly member_name: string | null;
  readonly edited_seq?: number | null;
  readonly deleted_seq?: number | null;
}

export function messageOf(row: MessageRow): Message {
  return {
    id: row.seq,
    chat_id: row.chat_id,
    seq: row.seq,
    kind: row.kind,
    from_id: row.sender_id,
    from_name: row.sender_name ?? DELETED_USER,
    content: row.content,
    content_type: row.content_type,
    created_at: row.created_at.toISOString(),
    client_msg_id: row.client_msg_id,
    ...(row.target_seq === null ? undefined : { target_seq: row.target_seq }),
    ...(row.member_id === null ? undefined : { member_id: row.member_id, member_name: row.member_name ?? DELETED_USER }),
    ...(row.edited_seq ? { edited_seq: row.edited_seq } : undefined),
    ...(row.deleted_seq ? { deleted_seq: row.deleted_seq } : undefined),
  };
}

/** Somebody's wish that a user comes into a chat. */
export interface ChatRequest {
  readonly chat_id: number;
  readonly chat_type: 'personal' | 'group';
  /** Of a personal chat: the name of the user who asks. */
  readonly chat_name: string;
  readonly from_id: number;
  readonly from_name: string;
  readonly created_at: string;
}

/** A request as the database gives it. */
export interface RequestRow extends Omit<ChatRequest, 'created_at'> {
  readonly created_at: Date;
}

export const requestOf = ({ chat_id, chat_type, chat_name, from_id, from_name, created_at }: RequestRow): ChatRequest => ({
  chat_id,
  chat_type,
  chat_name,
  from_id,
  from_name,
  created_at: created_at.toISOString(),
});

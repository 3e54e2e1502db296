import type { Chat } from '../../../clients/typescript/src/index.js';

/** The other of a personal chat. */
export interface Companion {
  readonly username: string;
  /** Not known while they are no member: they have not accepted yet, or have left. */
  readonly userId?: number;
}

/** @param userId of the one who looks; @returns null in a group */
export function companionOf({ chat_type: type, chat_name: name, members }: Chat, userId: number): Companion | null {
  if (type !== 'personal') return null;
  const other = members.find((member) => member.user_id !== userId);
  return other ? { username: other.username, userId: other.user_id } : { username: name };
}

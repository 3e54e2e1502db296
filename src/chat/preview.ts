import { encodedSize } from '../validation/answer-size.js';
import type { Message } from './message.js';

/** Characters of a message that a list of chats shows, and bytes that they may take, encoded: a page of 200 chats is one answer. */
const PREVIEW_LENGTH = 512;
const PREVIEW_BYTES = PREVIEW_LENGTH * 4 + 2;
/** So many characters are read, to know whether there are more. */
export const PREVIEW_READ = PREVIEW_LENGTH + 1;

/** A message as a list of chats shows it. */
export interface Preview extends Message {
  /** `content` is only its beginning. */
  readonly truncated?: true;
}

/** The beginning of a message, as far as a list shows it. */
export function previewOf(message: Message): Preview {
  const { content } = message;
  if (content === null || content.length * 6 <= PREVIEW_BYTES) return message;
  const characters = Array.from(content);
  let length = Math.min(characters.length, PREVIEW_LENGTH);
  let shown = characters.slice(0, length).join('');
  while (encodedSize(shown) > PREVIEW_BYTES) {
    length = Math.floor(length / 2);
    shown = characters.slice(0, length).join('');
  }
  return shown === content ? message : { ...message, content: shown, truncated: true };
}

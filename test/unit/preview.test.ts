import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/chat/message.js';
import { previewOf } from '../../src/chat/preview.js';

const shownOf = (content: string): { length: number; truncated: boolean } => {
  const { content: shown, truncated } = previewOf({ content } as Message);
  return { length: Array.from(shown ?? '').length, truncated: truncated === true };
};

describe('a message in a list of chats', () => {
  it.each([
    ['plain text', 'a'],
    ['accents', 'é'],
    ['quotes, which are escaped', '"'],
    ['emoji, which take the most bytes', '😀'],
  ])('shows up to 512 characters of %s, and says where there are more', (_what, character) => {
    expect(shownOf(character.repeat(512))).toEqual({ length: 512, truncated: false });
    expect(shownOf(character.repeat(513))).toEqual({ length: 512, truncated: true });
  });

  it('shows less of what grows by escaping, and says so', () => {
    expect(shownOf('\u0001'.repeat(512))).toEqual({ length: 256, truncated: true });
  });
});

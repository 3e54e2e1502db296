import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { textFrame } from '../../src/realtime/adapters/text-frame.js';

/** Exported by `ws`, but not by its types. */
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };

describe('a text frame', () => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 262_144])('of %i bytes is the one that `ws` makes', (length) => {
    const text = 'ü'.repeat(Math.floor(length / 2)) + 'x'.repeat(length % 2);
    const parts = Sender.frame(Buffer.from(text), { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false });
    expect(textFrame(text).equals(Buffer.concat(parts))).toBe(true);
  });
});

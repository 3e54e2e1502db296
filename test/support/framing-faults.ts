import { frameOf, OPCODE } from './tcp-socket.js';

export const bytes = (...values: number[]): Buffer => Buffer.from(values);

/** What a client must not send, and the code that answers it (§5, §7.4.1, §8.1). */
export const FRAMING_FAULTS: readonly (readonly [what: string, sent: () => Buffer, code: number])[] = [
  ['an unmasked frame', () => frameOf(OPCODE.text, '{}', { masked: false }), 1002],
  ['a reserved opcode for data', () => frameOf(3, '{}'), 1002],
  ['a reserved opcode for control', () => frameOf(11), 1002],
  ['a reserved bit', () => frameOf(OPCODE.text, '{}', { rsv: 4 }), 1002],
  ['all reserved bits', () => frameOf(OPCODE.ping, '', { rsv: 7 }), 1002],
  ['a fragmented ping', () => frameOf(OPCODE.ping, 'x', { fin: false }), 1002],
  ['a ping of 126 bytes', () => frameOf(OPCODE.ping, 'x'.repeat(126)), 1002],
  ['a continuation of nothing', () => frameOf(OPCODE.continuation, 'x'), 1002],
  [
    'a new message inside another',
    () => Buffer.concat([frameOf(OPCODE.text, '{', { fin: false }), frameOf(OPCODE.text, '}')]),
    1002,
  ],
  ['a close frame of one byte', () => frameOf(OPCODE.close, bytes(3)), 1002],
  ['a close frame with code 1005', () => frameOf(OPCODE.close, bytes(3, 237)), 1002],
  ['a close frame with code 999', () => frameOf(OPCODE.close, bytes(3, 231)), 1002],
  ['text that is not UTF-8', () => frameOf(OPCODE.text, bytes(0x7b, 0xc3, 0x28, 0x7d)), 1007],
  ['text with an encoded surrogate', () => frameOf(OPCODE.text, bytes(0xed, 0xa0, 0x80)), 1007],
  ['a close reason that is not UTF-8', () => frameOf(OPCODE.close, bytes(3, 232, 0xff)), 1007],
  ['a frame of 256 KiB and a byte', () => frameOf(OPCODE.text, 'x'.repeat(262_145)), 1009],
  ['a length of 2^63 bytes', () => bytes(0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4), 1009],
  [
    'a message that grows too large in pieces',
    () => Buffer.concat([frameOf(OPCODE.text, 'x'.repeat(200_000), { fin: false }), frameOf(0, 'x'.repeat(62_145))]),
    1009,
  ],
];

/** The beginning of one message, in very many pieces. */
export const manyPieces = (count: number, piece: string): Buffer => {
  const next = frameOf(OPCODE.continuation, piece, { fin: false });
  return Buffer.concat([frameOf(OPCODE.text, '', { fin: false }), ...Array.from({ length: count }, () => next)]);
};

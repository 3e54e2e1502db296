import fc, { type Arbitrary } from 'fast-check';
import { frameOf, OPCODE } from '../tcp-socket.js';
import { clientFrame } from './socket.js';

/** How one message is put on the wire. */
export interface Packing {
  /** Where it is cut into fragments, as parts of its length. */
  readonly cuts: readonly number[];
  /** A ping goes between the fragments. */
  readonly ping: boolean;
  /** It goes out in one packet with the next. */
  readonly joined: boolean;
}

export const packing: Arbitrary<Packing> = fc.record({
  cuts: fc.oneof(
    { weight: 9, arbitrary: fc.constant<number[]>([]) },
    { weight: 1, arbitrary: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 }) },
  ),
  ping: fc.nat({ max: 19 }).map((pick) => pick === 0),
  joined: fc.boolean(),
});

/** One message as WebSocket frames. */
export function packed(payload: Buffer, binary: boolean, { cuts, ping }: Packing): Buffer {
  const places = [0, ...cuts.map((cut) => Math.floor(cut * payload.length)).sort((a, b) => a - b), payload.length];
  const frames: Buffer[] = [];
  for (let at = 1; at < places.length; at += 1) {
    const opcode = at > 1 ? OPCODE.continuation : binary ? OPCODE.binary : OPCODE.text;
    frames.push(clientFrame(opcode, payload.subarray(places[at - 1], places[at]), at === places.length - 1));
    if (ping && at < places.length - 1) frames.push(clientFrame(OPCODE.ping, Buffer.from('x')));
  }
  return Buffer.concat(frames);
}

/** What ends a WebSocket, and the codes that it may end with; none where the rest is waited for. */
export interface Finale {
  readonly bytes: Buffer;
  readonly codes: readonly number[];
}

const FINALES: readonly Finale[] = [
  { bytes: clientFrame(OPCODE.text, Buffer.from('{"type":"never ends"')).subarray(0, 12), codes: [] },
  { bytes: Buffer.from([0x81]), codes: [] },
  { bytes: clientFrame(OPCODE.text, Buffer.from('{'), false), codes: [] },
  { bytes: frameOf(OPCODE.text, '{}', { masked: false }), codes: [1002] },
  { bytes: frameOf(3, '{}'), codes: [1002] },
  { bytes: frameOf(OPCODE.text, '{}', { rsv: 4 }), codes: [1002] },
  { bytes: clientFrame(OPCODE.ping, Buffer.alloc(126)), codes: [1002] },
  { bytes: clientFrame(OPCODE.continuation, Buffer.from('{}')), codes: [1002] },
  { bytes: clientFrame(OPCODE.text, Buffer.from([0x7b, 0xff, 0x7d])), codes: [1007] },
  { bytes: clientFrame(OPCODE.text, Buffer.from([0xed, 0xa0, 0x80])), codes: [1007] },
  { bytes: clientFrame(OPCODE.text, Buffer.alloc(262_145, 'x')), codes: [1009] },
  {
    bytes: Buffer.concat(Array.from({ length: 200 }, () => clientFrame(OPCODE.text, Buffer.alloc(0), false))),
    codes: [1002, 1008],
  },
  { bytes: clientFrame(OPCODE.close, Buffer.from([3, 232])), codes: [1000] },
  { bytes: clientFrame(OPCODE.close, Buffer.from([3])), codes: [1002] },
];

export const finale: Arbitrary<Finale | undefined> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.constantFrom(...FINALES) },
);

import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { CLOSE } from '../../src/realtime/close-reasons.js';
import { type PeerSocket, RawTransport } from '../../src/realtime/adapters/raw-transport.js';
import { textFrame } from '../../src/realtime/adapters/text-frame.js';

/** A transport over a stream that keeps the very buffers that are written to it. */
class Sink {
  readonly writes: Buffer[] = [];
  readonly closed: number[] = [];
  readonly transport: RawTransport;

  constructor() {
    const stream = new Duplex({
      write: (chunk: Buffer, _encoding, done) => {
        this.writes.push(chunk);
        done();
      },
    });
    const socket = { readyState: WebSocket.OPEN as number, close: (code: number) => void this.closed.push(code) };
    this.transport = new RawTransport(socket as unknown as PeerSocket, stream);
  }
}

const sinks = (count: number): Sink[] => Array.from({ length: count }, () => new Sink());
const endOfTurn = (): Promise<void> => new Promise((done) => setImmediate(done));
const texts = (count: number): string[] => Array.from({ length: count }, (_, n) => `frame ${n} ü`);

describe('the frames of one turn', () => {
  it('are joined once for all who get the same ones, and written at once to each', async () => {
    const members = sinks(50);
    const frames = texts(8);
    for (const frame of frames) {
      const prepared = members[0]?.transport.prepare(frame);
      for (const { transport } of members) transport.send(prepared);
    }
    await endOfTurn();
    const [written] = members[0]?.writes ?? [];
    expect(written?.equals(Buffer.concat(frames.map(textFrame)))).toBe(true);
    for (const { writes } of members) {
      expect(writes).toHaveLength(1);
      expect(writes[0]).toBe(written);
    }
  });

  it('are each one’s own where they differ, in their number, their order or by one frame of its own', async () => {
    const [usual, fewer, turned, own, alike] = sinks(5) as [Sink, Sink, Sink, Sink, Sink];
    const [a, b, c] = texts(3).map((text) => usual.transport.prepare(text)) as [Buffer, Buffer, Buffer];
    const lists: [Sink, (Buffer | string)[]][] = [
      [usual, [a, b, c]],
      [fewer, [a, b]],
      [turned, [a, c, b]],
      [own, [a, 'an answer', b, c]],
      [alike, [a, b, c]],
    ];
    for (const [{ transport }, list] of lists) for (const frame of list) transport.send(frame);
    await endOfTurn();
    for (const [{ writes }, list] of lists) {
      const expected = Buffer.concat(list.map((frame) => (typeof frame === 'string' ? textFrame(frame) : frame)));
      expect(writes).toHaveLength(1);
      expect(writes[0]?.equals(expected)).toBe(true);
    }
  });

  it('are not mistaken for those of the turn before', async () => {
    const [{ transport, writes }] = sinks(1) as [Sink];
    for (const list of [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ]) {
      for (const frame of list) transport.send(transport.prepare(frame));
      await endOfTurn();
    }
    expect(Buffer.concat(writes).equals(Buffer.concat(['a', 'b', 'c', 'd', 'c', 'd'].map(textFrame)))).toBe(true);
  });

  it('need no copy where there is but one', async () => {
    const members = sinks(3);
    const prepared = members[0]?.transport.prepare('alone');
    for (const { transport } of members) transport.send(prepared);
    await endOfTurn();
    for (const { writes } of members) expect(writes[0]).toBe(prepared);
  });

  it('count as pending until they are written, and go out before the socket closes', () => {
    const [{ transport, writes, closed }] = sinks(1) as [Sink];
    for (const frame of ['a', 'b', 'c']) transport.send(frame);
    const bytes = Buffer.concat(['a', 'b', 'c'].map(textFrame));
    expect(transport.pendingBytes()).toBe(bytes.length);
    transport.close(CLOSE.slow);
    expect(transport.pendingBytes()).toBe(0);
    expect(Buffer.concat(writes).equals(bytes)).toBe(true);
    expect(closed).toEqual([4413]);
  });
});

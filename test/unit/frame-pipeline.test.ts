import { describe, expect, it } from 'vitest';
import { Settings } from '../../src/config/settings.js';
import { FaultLog } from '../../src/errors/fault-log.js';
import { nestsTooDeep, weightOf } from '../../src/validation/json.js';
import { gameCodec } from '../../src/protocols/game/game.codec.js';
import { messengerCodec } from '../../src/protocols/messenger/messenger.codec.js';
import type { Codec } from '../../src/realtime/codec.js';
import { Connection } from '../../src/realtime/connection.js';
import { FramePipeline } from '../../src/realtime/frame-pipeline.js';
import { Hub } from '../../src/realtime/hub.js';
import { CommandRunner, TokenReader } from '../../src/realtime/ports.js';
import type { Transport } from '../../src/realtime/transport.js';
import type { Parsed } from '../support/http-client.js';

const KIB = 1024;

const nowhere: Transport = { prepare: (frame) => frame, send: () => {}, pendingBytes: () => 0, ping: () => {}, close: () => {} };

class NoTokens extends TokenReader {
  override identify(): null {
    return null;
  }
}

/** A pipeline in front of one command, and a connection to send frames through it. */
class Bench {
  readonly settings = Settings.from({ RATE_LIMIT: 'off', APP_SECRET: 'a secret of thirty-two bytes at least' });
  readonly hub = new Hub(this.settings);
  readonly sent: Parsed[] = [];
  /** Bytes that wait for the reader: nothing is ever read. */
  pending = 0;
  readonly connection: Connection<string>;
  private readonly pipeline: FramePipeline;

  constructor(codec: Codec<string>, run: () => unknown) {
    class Runner extends CommandRunner {
      override run(): unknown {
        return run();
      }
    }
    this.pipeline = new FramePipeline(this.hub, new Runner(), new NoTokens(), new FaultLog(), this.settings);
    const origin = { protocol: codec.protocol, address: '192.0.2.1', userAgent: null };
    this.connection = new Connection<string>(
      codec,
      {
        prepare: (frame) => frame,
        send: (frame) => {
          this.pending += String(frame).length;
          this.sent.push(JSON.parse(String(frame)));
        },
        pendingBytes: () => this.pending,
        ping: () => {},
        close: () => {},
      },
      origin,
    );
    this.hub.add(this.connection);
  }

  /** @returns the answer, parsed; undefined where the connection was closed instead */
  async ask(frame: string): Promise<Parsed> {
    const answer = await this.pipeline.receive(this.connection, frame, frame.length);
    return answer === undefined ? undefined : JSON.parse(String(answer));
  }
}

describe('requests under way', () => {
  const held = (codec: Codec<string>) => {
    let release = (): void => {};
    const gate = new Promise<object>((resolve) => (release = () => resolve({})));
    return { bench: new Bench(codec, () => gate), release: () => release() };
  };
  const auth = (kib: number) => JSON.stringify({ mode: 'auth', username: 'x'.repeat(kib * KIB), password: 'x' });
  const ping = (kib: number) =>
    JSON.stringify({ type: 'command', v: 1, request_id: 'r', domain: 'a', command: 'b', payload: 'x'.repeat(kib * KIB) });

  it.each([
    ['messenger', messengerCodec, auth, { status: 429 }, { status: 200 }],
    ['game', gameCodec, ping, { code: 'too_many_requests' }, { success: true }],
  ] as const)('of %s keep a MiB at most; what is over is refused', async (_name, codec, frame, refusal, success) => {
    const { bench, release } = held(codec);
    const asked = Array.from({ length: 12 }, () => bench.ask(frame(200)));
    expect(bench.connection.inFlightBytes).toBeLessThan(2.5 * KIB * KIB);
    release();
    const answers = await Promise.all(asked);
    expect(answers.slice(0, 5)).toMatchObject(Array(5).fill(success));
    expect(answers.slice(5)).toMatchObject(Array(7).fill(refusal));
    expect(bench.connection).toMatchObject({ inFlight: 0, inFlightBytes: 0, closed: false });
    expect(await bench.ask(frame(200))).toMatchObject(success);
  });

  it('that go on growing by refusals that wait for their turn end the connection', async () => {
    const { bench, release } = held(messengerCodec);
    const asked = Array.from({ length: 60 }, () => bench.ask(auth(200)));
    expect(bench.connection.inFlightBytes).toBeLessThanOrEqual(5 * KIB * KIB);
    expect(bench.hub.closures.get('4429')).toBe(1);
    release();
    await Promise.all(asked);
  });
});

describe('the weight of a value', () => {
  it('is about that of its strings, names and buffers, however deep it nests', () => {
    expect(weightOf({ a: 'x'.repeat(1000), b: [Buffer.alloc(500), 'y'.repeat(200)] })).toBeGreaterThan(1700);
    expect(weightOf({ a: 'x'.repeat(1000), b: [Buffer.alloc(500), 'y'.repeat(200)] })).toBeLessThan(2000);
    expect(weightOf({ ['k'.repeat(1000)]: null })).toBeGreaterThan(1000);
    const deep: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    expect(nestsTooDeep(deep)).toBe(true);
    expect(weightOf(deep)).toBeGreaterThan(0);
  });
});

describe('a reader', () => {
  it('of one large answer is not slow; one who lets it lie while more is sent is', () => {
    const bench = new Bench(gameCodec, () => ({}));
    bench.hub.send(bench.connection, JSON.stringify('x'.repeat(6 * KIB * KIB)));
    expect(bench.connection.closed).toBe(false);
    bench.hub.send(bench.connection, JSON.stringify('next'));
    expect(bench.connection.closed).toBe(true);
    expect(bench.hub.closures.get('4413')).toBe(1);
    expect(bench.sent.at(-1)).toMatchObject({ type: 'disconnect', code: 4413 });
  });
});

describe('connections of one address', () => {
  it('are those of one client: of IPv6 its /64', () => {
    const { hub, settings } = new Bench(gameCodec, () => ({}));
    const most = settings.MAX_CONNECTIONS_PER_ADDRESS;
    const connections = Array.from({ length: most }, (_, i) => {
      const origin = { protocol: 'game', address: `2001:db8::${(i + 1).toString(16)}`, userAgent: null };
      return new Connection(gameCodec, nowhere, origin);
    });
    for (const connection of connections) hub.add(connection);
    expect(() => hub.checkRoom('2001:db8::ffff', null)).toThrow('Too many connections');
    expect(() => hub.checkRoom('2001:db8:0:1::1', null)).not.toThrow();
    for (const connection of connections) hub.remove(connection);
    expect(() => hub.checkRoom('2001:db8::ffff', null)).not.toThrow();
  });
});

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import fc, { type Arbitrary } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { COMMANDS, MODES, REST } from '../support/frames.js';
import { heapBytes } from '../support/heap.js';
import { fuzzing, hostileBody, hostileText } from '../support/hostile.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const DEADLINE_MS = 5_000;
/** Why the server may close a connection that sends what nobody means. */
const FAIR = [1002, 1003, 1007, 1009, 4400, 4401, 4429];

type Fields = Readonly<Record<string, unknown>>;

interface Sent {
  readonly bytes: Buffer;
  readonly binary: boolean;
}

let server: TestServer;
let user: Account;
let heapBefore: number;

beforeAll(async () => {
  server = await TestServer.start();
  user = await server.user();
  heapBefore = heapBytes();
});

afterAll(() => server.stop());

const frames = (good: readonly Fields[]): Arbitrary<Sent[]> => {
  const text = fc
    .constantFrom(...good)
    .chain(hostileBody)
    .map((bytes) => ({ bytes, binary: false }));
  const binary = fc.uint8Array({ maxLength: 300 }).map((bytes) => ({ bytes: Buffer.from(bytes), binary: true }));
  return fc.array(fc.oneof({ weight: 12, arbitrary: text }, { weight: 1, arbitrary: binary }), { minLength: 1, maxLength: 8 });
};

/** A socket that says how many frames came, and how it ended. */
class Counted {
  received = 0;
  code = 0;
  readonly texts: string[] = [];

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      this.received += 1;
      this.texts.push(data.toString('utf8'));
    });
    socket.on('close', (code) => {
      this.code = code;
    });
    socket.on('error', () => undefined);
  }

  static async open(path: string): Promise<Counted> {
    const socket = new WebSocket(server.wsUrl + path, { perMessageDeflate: false, skipUTF8Validation: true });
    const counted = new Counted(socket);
    await once(socket, 'open');
    return counted;
  }

  /** Waits for so many frames, or the end. */
  async reaches(frameCount: number): Promise<void> {
    await until(() => this.received >= frameCount || this.code !== 0, DEADLINE_MS);
  }
}

/** Every frame is answered by exactly one, or the connection is closed with a reason. */
async function expectAnswers(path: string, hellos: number, sent: readonly Sent[]): Promise<void> {
  const counted = await Counted.open(path);
  await counted.reaches(hellos);
  for (const [at, { bytes, binary }] of sent.entries()) {
    counted.socket.send(bytes, { binary });
    await counted.reaches(hellos + at + 1);
    if (counted.code !== 0) break;
  }
  if (counted.code !== 0) {
    expect(FAIR).toContain(counted.code);
    expect(counted.texts.at(-1)).toMatch(/disconnect/);
  } else {
    expect(counted.received).toBe(hellos + sent.length);
  }
  for (const text of counted.texts) {
    expect(JSON.parse(text)).toBeTypeOf('object');
    expect(text).not.toMatch(/"code":"internal"|"status":50[0-24-9]|Internal server error/);
  }
  counted.socket.terminate();
}

/** Whether it still works, for those who do nothing wrong. */
async function expectAlive(): Promise<void> {
  const socket = await server.socket(`/v1/connect?token=${user.tokens.token}`);
  expect((await socket.command('system.ping', { sent_at: 1 })).data.sent_at).toBe(1);
  await socket.close();
}

describe('raw sockets', () => {
  it.each([
    ['game', (): string => `/v1/connect?token=${user.tokens.token}`, 1, COMMANDS],
    ['rest', (): string => `/ws/fuzz-${randomBytes(6).toString('hex')}?token=${user.tokens.token}`, 0, REST],
    ['rest, anonymous', (): string => `/api/v1/ws/fuzz-${randomBytes(6).toString('hex')}`, 0, REST],
    ['messenger', (): string => '/', 0, MODES],
    ['messenger with a token', (): string => `/?token=${user.tokens.token}`, 0, MODES],
  ] as const)(
    'of %s answer every frame, whatever it is, or close with a reason',
    async (_name, path, hellos, good) => {
      await fc.assert(
        fc.asyncProperty(frames(good), (sent) => expectAnswers(path(), hellos, sent)),
        fuzzing(120),
      );
      await expectAlive();
    },
    60_000,
  );

  it('refuse whatever comes at their door, without a fault', async () => {
    const path = fc.oneof(
      hostileText.map(
        (text) => `/ws/${[...Buffer.from(text.slice(0, 300))].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')}`,
      ),
      fc.constantFrom(
        '/v1/connect',
        '/v1/connect/',
        '/ws',
        '/ws/',
        '/ws/%',
        '/ws/%zz',
        '/ws/a/b',
        '/api/v1/ws',
        '/nowhere',
        '//',
        '/socket.io/?EIO=4&transport=websocket',
        '/socket.io',
        '/socket.io/?EIO=9&transport=x&sid=y',
        '/?token',
        '/ws/x?token=%00&token[]=1',
      ),
    );
    const headers = fc.array(
      fc.tuple(
        fc.constantFrom(
          'Sec-WebSocket-Key',
          'Sec-WebSocket-Version',
          'Sec-WebSocket-Protocol',
          'Sec-WebSocket-Extensions',
          'Origin',
          'Authorization',
          'Upgrade',
          'Cookie',
        ),
        fc.oneof(
          hostileText.map((text) => text.replace(/[^\x20-\x7e]/g, '').slice(0, 500)),
          fc.constantFrom(
            '13',
            '12',
            'dGhlIHNhbXBsZSBub25jZQ==',
            'permessage-deflate; server_max_window_bits=8',
            'websocket',
            'h2c',
            'chat, superchat',
            'http://localhost',
          ),
        ),
      ),
      { maxLength: 5 },
    );
    const property = fc.asyncProperty(path, headers, fc.uint8Array({ maxLength: 200 }), async (target, given, noise) => {
      const lines = [
        `GET ${target} HTTP/1.1`,
        'Host: localhost',
        'Connection: Upgrade',
        ...given.map(([name, value]) => `${name}: ${value}`),
      ];
      if (!given.some(([name]) => name === 'Upgrade')) lines.push('Upgrade: websocket');
      const socket = connect(server.port, '127.0.0.1');
      let text = '';
      let ended = false;
      socket.on('data', (part: Buffer) => {
        text += part.toString('latin1');
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        ended = true;
      });
      await once(socket, 'connect');
      socket.write(`${lines.join('\r\n')}\r\n\r\n`);
      await until(() => /^HTTP\/1\.1 \d{3}[^]*?\r\n\r\n/.test(text) || ended, DEADLINE_MS);
      expect(text.slice(0, 200)).toMatch(/^HTTP\/1\.1 (101|200|4\d\d) /);
      socket.write(noise);
      socket.destroy();
      await until(() => ended, DEADLINE_MS);
    });
    await fc.assert(property, fuzzing(200));
    await expectAlive();
  }, 60_000);

  it('that get bytes which are no frames are closed, and nobody else is', async () => {
    const neighbour = await server.socket(`/v1/connect?token=${user.tokens.token}`);
    const property = fc.asyncProperty(
      fc.uint8Array({ minLength: 2, maxLength: 3_000 }),
      fc.nat({ max: 3 }),
      async (noise, pieces) => {
        const socket = connect(server.port, '127.0.0.1');
        let bytes = 0;
        socket.on('data', (part: Buffer) => {
          bytes += part.length;
        });
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        socket.write(
          'GET /ws/noise HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
        );
        await until(() => bytes > 0, DEADLINE_MS);
        const size = Math.ceil(noise.length / (pieces + 1));
        for (let at = 0; at < noise.length; at += size) socket.write(noise.subarray(at, at + size));
        const closed = once(socket, 'close');
        // An unfinished frame leaves it waiting for the rest: then we end it.
        socket.end();
        await closed;
      },
    );
    await fc.assert(property, fuzzing(200));
    expect((await neighbour.command('system.ping')).success).toBe(true);
    await neighbour.close();
  }, 60_000);

  it('cost nothing once they are gone', async () => {
    await expectAlive();
    await until(
      async () => /^switchboard_connections\{[^}]*\} [1-9]/m.exec((await server.client().get<string>('/metrics')).body) === null,
    );
    expect(heapBytes() - heapBefore).toBeLessThan(100 * 1024 * 1024);
  });
});

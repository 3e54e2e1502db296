import { COMMAND_ATTACKS } from './commands.js';
import { DATABASE_ATTACKS } from './database.js';
import {
  type Attack,
  type AttackOptions,
  again,
  ask,
  Clock,
  ENGINE_POLLING,
  ENGINE_WEBSOCKET,
  openSession,
  openTcp,
  openWebSocket,
  payloadOf,
  pour,
  repeated,
  wireFrame,
} from './wire.js';

/** About what the kernel hands over at once. */
const CHUNK_BYTES = 64 * 1024;
const PING = JSON.stringify({ type: 'command', v: 1, request_id: 'r', domain: 'system', command: 'ping', payload: {} });
const LIST = JSON.stringify({ type: 'command', v: 1, request_id: 'r', domain: 'system', command: 'commands', payload: {} });

/** Two dozen bodies of long polling full of small packets, within eight seconds, without an account. */
const bodies: Attack = async (base, options) => {
  const clock = new Clock(options);
  const payloads = ['3', '40/x,', '2', '42["chat",{}]'].map(payloadOf);
  for (let i = 0; i < 25 && !clock.isOver; i++) {
    const session = await openSession(base);
    if (session) await ask(base, 'POST', session, payloads[i % payloads.length]);
    await clock.wait((options.seconds * 1000) / 25);
  }
};

/** One account, eight sessions of long polling, bodies full of events, and nobody who reads the answers. */
const sessions: Attack = async (base, options) => {
  const clock = new Clock(options);
  const [token] = options.tokens ?? [];
  const payload = payloadOf('421["chat",{"message":"x"}]');
  const one = async (): Promise<void> => {
    let session: string | null = null;
    while (!clock.isOver) {
      session ??= await openSession(base, token);
      const { status } = session ? await ask(base, 'POST', session, payload) : { status: 0 };
      if (status === 200) continue;
      session = null;
      await clock.wait(50);
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
};

/** The same with bodies that are small enough to be taken, and with answers that are read. */
const polls: Attack = async (base, options) => {
  const clock = new Clock(options);
  const [token] = options.tokens ?? [];
  const payload = Buffer.from(Array.from({ length: 200 }, () => '421["chat",{"message":"x"}]').join('\u001e'));
  const one = async (): Promise<void> => {
    let session: string | null = null;
    while (!clock.isOver) {
      session ??= await openSession(base, token);
      const answers = session
        ? await Promise.all([ask(base, 'POST', session, payload), ask(base, 'GET', session)])
        : [{ status: 0 }];
      if (answers.every(({ status }) => status === 200)) continue;
      session = null;
      await clock.wait(50);
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
};

/** One WebSocket after the other, each full of the same bytes. */
const flood =
  (path: string, bytes: Buffer): Attack =>
  async (base, options) => {
    const clock = new Clock(options);
    const chunk = repeated(bytes, CHUNK_BYTES);
    await again(
      clock,
      () => openWebSocket(base, path),
      (socket) => pour(socket, chunk, clock),
    );
  };

/** Requests sent one behind the other on one connection, without waiting for their answers. */
const pipelined =
  (head: string): Attack =>
  async (base, options) => {
    const clock = new Clock(options);
    const chunk = repeated(Buffer.from(`${head} HTTP/1.1\r\nHost: localhost\r\n\r\n`), CHUNK_BYTES);
    await again(
      clock,
      () => openTcp(base),
      (socket) => pour(socket.resume(), chunk, clock),
    );
  };

/** As many sockets as are let in, each asking as often as it may, for a while. */
const crowd =
  (path: string, frame: string, perSecond: number, sockets: number): Attack =>
  async (base, options) => {
    const clock = new Clock(options);
    const bytes = wireFrame('text', frame);
    await Promise.all(
      Array.from({ length: sockets }, (_, i) =>
        again(
          clock,
          () => openWebSocket(base, path.replace('{}', String(i))),
          async (socket) => {
            while (!clock.isOver && !socket.destroyed) {
              socket.write(repeated(bytes, (bytes.length * perSecond) / 10));
              await clock.wait(100);
            }
          },
        ),
      ),
    );
  };

/** A hundred sockets of one account that ask for much and read nothing. */
const hoarders: Attack = async (base, options) => {
  const clock = new Clock(options);
  const [token] = options.tokens ?? [];
  const asked = repeated(wireFrame('text', LIST), wireFrame('text', LIST).length * 8);
  await Promise.all(
    Array.from({ length: 100 }, (_, i) =>
      again(
        clock,
        () => openWebSocket(base, `/ws/hoarder-${i}?token=${token}`),
        async (socket) => {
          socket.pause();
          while (!clock.isOver && !socket.destroyed) {
            socket.write(asked);
            await clock.wait(2_000);
          }
        },
      ),
    ),
  );
};

/** Upgrades by the dozen, of a session that is open. */
const upgrades: Attack = async (base, options) => {
  const clock = new Clock(options);
  const session = (await openSession(base)) ?? ENGINE_POLLING;
  const path = session.replace('polling', 'websocket');
  const one = (): Promise<void> =>
    again(
      clock,
      () => openWebSocket(base, path),
      () => Promise.resolve(),
    );
  await Promise.all(Array.from({ length: 8 }, one));
};

/** Requests to an open session that carry nothing, as fast as they are answered. */
const sessionRequests =
  (method: string): Attack =>
  async (base, options) => {
    const clock = new Clock(options);
    const one = async (): Promise<void> => {
      let session: string | null = null;
      while (!clock.isOver) {
        session ??= await openSession(base);
        const { status } = session ? await ask(base, method, session) : { status: 0 };
        if (status === 400) session = null;
        if (status === 429 || status === 0) await clock.wait(20);
      }
    };
    await Promise.all(Array.from({ length: 8 }, one));
  };

/** Credentials that look like tokens and are none: each has to be verified. */
const guesses: Attack = (base, options) => {
  const [token = 'a.b.c'] = options.tokens ?? [];
  const forged = `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(86)}`;
  const payload = { token: forged };
  const frame = { type: 'command', v: 1, request_id: 'r', domain: 'system', command: 'authenticate', payload };
  return crowd('/ws/guess-{}', JSON.stringify(frame), 120, 20)(base, options);
};

/** What a client can do to a server, by name. Those of the second list need a token. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  bodies,
  joins: flood(ENGINE_WEBSOCKET, wireFrame('text', '40/x,')),
  'engine-pongs': flood(ENGINE_WEBSOCKET, wireFrame('text', '3')),
  'engine-control': flood(ENGINE_WEBSOCKET, wireFrame('pong')),
  pings: flood('/ws/flood', wireFrame('ping', 'x')),
  pongs: flood('/ws/flood', wireFrame('pong')),
  fragments: flood(
    '/ws/flood',
    Buffer.concat([
      wireFrame('text', '"', { fin: false }),
      ...Array.from({ length: 100 }, () => wireFrame('continuation', '', { fin: false })),
      wireFrame('continuation', '"'),
    ]),
  ),
  frames: flood('/ws/flood', wireFrame('text', PING)),
  lists: crowd('/ws/list-{}', LIST, 120, 20),
  crowd: crowd('/ws/crowd-{}', PING, 120, 400),
  pipelined: pipelined('GET /nowhere'),
  malformed: pipelined('GET /%zz'),
  options: pipelined('OPTIONS /socket.io/?EIO=4&transport=polling'),
  upgrades,
  'session-options': sessionRequests('OPTIONS'),
  'session-posts': sessionRequests('POST'),
};

export const ATTACKS_WITH_ACCOUNT: Readonly<Record<string, Attack>> = {
  sessions,
  polls,
  guesses,
  hoarders,
  ...COMMAND_ATTACKS,
  ...DATABASE_ATTACKS,
};

/** @throws Error where there is no attack of that name */
export function attackNamed(name: string): Attack {
  const attack = ATTACKS[name] ?? ATTACKS_WITH_ACCOUNT[name];
  if (!attack) throw new Error(`There is no attack ${name}`);
  return attack;
}

export type { Attack, AttackOptions };

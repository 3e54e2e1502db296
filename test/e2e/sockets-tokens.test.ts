import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Hub } from '../../src/realtime/hub.js';
import { EngineWebSocket } from '../support/engine-io.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let server: TestServer;
let hub: Hub;
let alice: Account;
let bob: Account;
beforeAll(async () => {
  server = await TestServer.start();
  hub = server.app.get(Hub);
  alice = await server.user();
  bob = await server.user();
});
afterAll(() => server.stop());

/** What a client says of who it is; of a query parameter there may be several. */
interface Credentials {
  readonly query?: readonly string[];
  readonly header?: string;
}

/** Opens a socket. @returns what closes it; undefined where it was refused */
type Opener = (query: string, headers: Record<string, string>) => Promise<(() => void) | undefined>;

const raw =
  (path: string): Opener =>
  async (query, headers) => {
    const socket = await server.socket(`${path}?x=1${query}`, headers).catch(() => undefined);
    return socket && (() => socket.terminate());
  };

const socketIo: Opener = async (query, headers) => {
  const socket = await EngineWebSocket.open(server, undefined, { query, headers });
  socket.send('40');
  const answer = await socket.next();
  if (!answer?.startsWith('40')) socket.destroy();
  return answer?.startsWith('40') ? () => socket.destroy() : undefined;
};

const OPENERS: readonly [string, Opener][] = [
  ['game', raw('/v1/connect')],
  ['rest', raw('/ws/tokens')],
  ['messenger', raw('/')],
  ['socketio', socketIo],
];

describe.each(OPENERS)('a socket of %s', (_protocol, open) => {
  /** Whose the socket is that opens with these; null for nobody's, and for none. */
  async function ownerBy({ query = [], header }: Credentials): Promise<number | null> {
    await until(() => hub.size === 0);
    const parameters = query.map((token) => `&token=${encodeURIComponent(token)}`).join('');
    const close = await open(parameters, header === undefined ? {} : { authorization: header });
    const owner = close && (await until(() => [...hub.connections()][0])).userId;
    close?.();
    return owner ?? null;
  }

  it('belongs to the last of two tokens in its address', async () => {
    const [a, b] = [alice.tokens.token, bob.tokens.token];
    expect(await ownerBy({ query: [a, b] })).toBe(bob.id);
    expect(await ownerBy({ query: ['none', a] })).toBe(alice.id);
    expect(await ownerBy({ query: [a, 'none'] })).toBeNull();
    expect(await ownerBy({ query: [a, ''] })).toBeNull();
  });

  it('belongs to the token of its header, whatever is in its address', async () => {
    const header = `Bearer ${alice.tokens.token}`;
    expect(await ownerBy({ header, query: [bob.tokens.token] })).toBe(alice.id);
    expect(await ownerBy({ header: 'Bearer none', query: [bob.tokens.token] })).toBeNull();
  });

  it.each(['Bearer ', 'Basic eDp5', 'none'])('belongs to the token of its address where its header is %j', async (header) => {
    expect(await ownerBy({ header, query: [bob.tokens.token] })).toBe(bob.id);
  });
});

describe('a socket of socketio', () => {
  it('belongs to the token of its address, whatever it says when it joins', async () => {
    const { token } = alice.tokens;
    const both = await EngineWebSocket.open(server, bob.tokens.token, { query: `&token=${token}` });
    expect([...hub.connections()].map(({ userId }) => userId)).toEqual([alice.id]);
    both.destroy();
    await until(() => hub.size === 0);
    const empty = await EngineWebSocket.open(server, bob.tokens.token, { query: `&token=${token}&token=` });
    expect([...hub.connections()].map(({ userId }) => userId)).toEqual([bob.id]);
    empty.destroy();
  });
});

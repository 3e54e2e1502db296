import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Hub } from '../../src/realtime/hub.js';
import { connect } from '../conformance/drivers/socketio.js';
import { EngineWebSocket, PollingSession } from '../support/engine-io.js';
import { RawSocket } from '../support/raw-socket.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let server: TestServer;
let hub: Hub;
const closing: (() => unknown)[] = [];

async function start(variables: Readonly<Record<string, string>>): Promise<void> {
  server = await TestServer.start({ variables });
  hub = server.app.get(Hub);
}

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
  await server.stop();
});

const open = async (path: string, headers?: Record<string, string>): Promise<RawSocket> => {
  const socket = await server.socket(path, headers);
  closing.push(() => socket.terminate());
  return socket;
};
const openMany = (count: number, pathOf: (i: number) => string): Promise<RawSocket[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => open(pathOf(i))));
const bearer = ({ tokens }: Account) => ({ authorization: `Bearer ${tokens.token}` });

describe('the limit on sockets of a user', () => {
  let account: Account;
  const begin = async (most: number): Promise<void> => {
    await start({ MAX_CONNECTIONS_PER_USER: String(most) });
    account = await server.user();
  };

  it('holds for 130 sockets that authenticate at once', async () => {
    await begin(100);
    const sockets = await openMany(130, (i) => `/ws/late-${i}`);
    const authenticate = (socket: RawSocket) => socket.command('system.authenticate', { token: account.tokens.token });
    const answers = await Promise.all(sockets.map(authenticate));
    expect(answers.filter(({ success }) => success)).toHaveLength(100);
    expect(answers.filter(({ code }) => code === 'too_many_requests')).toHaveLength(30);
    expect([...hub.of(account.id)]).toHaveLength(100);
    expect(hub.crowded.get('user')).toBe(30);
    // Those that were refused are as they were, and may try again when there is room.
    const refused = sockets.filter((_socket, i) => !answers[i].success);
    expect((await refused[0]?.command('system.whoami'))?.data.user_id).toBeNull();
    sockets.find((_socket, i) => answers[i].success)?.terminate();
    await until(async () => refused[0] && (await authenticate(refused[0])).success);
  });

  it('holds for sockets of messenger, by tokens in their requests', async () => {
    await begin(5);
    const sockets = await openMany(12, () => '/');
    const answers = await Promise.all(sockets.map((socket) => socket.ask({ mode: 'getChats', token: account.tokens.token })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(7);
    expect([...hub.of(account.id)]).toHaveLength(5);
  });

  it('holds for sockets of messenger that log in', async () => {
    await begin(2);
    const sockets = await openMany(6, () => '/');
    const auth = { mode: 'auth', username: account.username, password: PASSWORD };
    const answers = await Promise.all(sockets.map((socket) => socket.ask(auth)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    expect([...hub.of(account.id)]).toHaveLength(2);
  });

  it('holds for Socket.IO, and for all kinds together', async () => {
    await begin(6);
    const { token } = account.tokens;
    const clients = Array.from({ length: 8 }, (_, i) => connect(server, i % 2 ? 'websocket' : 'polling', { auth: { token } }));
    for (const client of clients) closing.push(() => client.disconnect());
    const others = await openMany(8, (i) => `/ws/mixed-${i}`);
    await Promise.all(others.map((socket) => socket.command('system.authenticate', { token })));
    await until(() => [...hub.of(account.id)].length === 6);
    const refusal = await RawSocket.refused(`${server.wsUrl}/v1/connect`, bearer(account));
    expect(refusal.status).toBe(429);
    expect([...hub.of(account.id)]).toHaveLength(6);
  });

  it('gives back the room of a socket that did not become the user’s after all', async () => {
    await begin(1);
    const socket = await open('/ws/one');
    const arriving = hub.listeners.add({ arriving: () => Promise.reject(new Error('no database')) });
    expect(await socket.command('system.authenticate', { token: account.tokens.token })).toMatchObject({ code: 'internal' });
    arriving();
    expect(await socket.command('system.authenticate', { token: account.tokens.token })).toMatchObject({ success: true });
  });
});

describe('the limit on anonymous sockets of an address', () => {
  beforeEach(() => start({ MAX_ANONYMOUS_CONNECTIONS_PER_ADDRESS: '4' }));

  const isFull = async (): Promise<void> => {
    for (const path of ['/ws/one-more', '/', '/socket.io/?EIO=4&transport=websocket']) {
      expect((await RawSocket.refused(server.wsUrl + path)).status, path).toBe(429);
    }
  };

  it('holds for every protocol, and for sessions of Engine.IO that have joined nothing', async () => {
    await open('/ws/one');
    await open('/');
    await PollingSession.open(server);
    const engine = await EngineWebSocket.open(server);
    await isFull();
    expect(hub.crowded.get('anonymous')).toBe(3);
    // Sockets with a token are none of them.
    const account = await server.user();
    for (const path of ['/ws/known', '/', '/v1/connect']) await open(path, bearer(account));
    engine.destroy();
    await until(() => hub.hasRoom('127.0.0.1', null));
    await open('/ws/two');
    await isFull();
  });

  it('has room again when one of them authenticates, and none for one that would be anonymous again', async () => {
    const { tokens } = await server.user();
    const [first] = await openMany(4, (i) => `/ws/${i}`);
    await isFull();
    await first?.command('system.authenticate', { token: tokens.token });
    await open('/ws/fifth');
    await isFull();
    expect(await first?.command('system.authenticate', { token: null })).toMatchObject({ code: 'too_many_requests' });
    expect((await first?.command('system.whoami'))?.data.user_id).not.toBeNull();
  });

  it('counts a session of Engine.IO again that has left its namespace', async () => {
    const { tokens } = await server.user();
    const engine = await EngineWebSocket.open(server, tokens.token);
    closing.push(() => engine.destroy());
    await openMany(4, (i) => `/ws/${i}`);
    await isFull();
    engine.send('41');
    await until(() => hub.seats.of('127.0.0.1').anonymous === 5);
    engine.send(`40${JSON.stringify({ token: tokens.token })}`);
    await until(() => hub.seats.of('127.0.0.1').anonymous === 4);
  });

  it('counts a socket of messenger again that has logged out, which is never refused', async () => {
    const { username, tokens } = await server.user();
    const socket = await open('/', { authorization: `Bearer ${tokens.token}` });
    await openMany(4, (i) => `/ws/${i}`);
    expect(await socket.ask({ mode: 'logout', username })).toMatchObject({ status: 200 });
    expect(hub.seats.of('127.0.0.1').anonymous).toBe(5);
  });

  it('forgets an address when its last socket has gone', async () => {
    const sockets = await openMany(3, (i) => `/ws/${i}`);
    for (const socket of sockets) await socket.close();
    await until(() => hub.seats.of('127.0.0.1').open === 0);
    expect(hub.seats.of('127.0.0.1').anonymous).toBe(0);
  });
});

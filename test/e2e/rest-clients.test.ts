import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { has } from '../support/capabilities.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import type { Parsed } from '../support/http-client.js';
import { TestRedis } from '../support/redis.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { TcpSocket } from '../support/tcp-socket.js';
import { until } from '../support/until.js';

const bearer = ({ tokens }: Account) => ({ authorization: `Bearer ${tokens.token}` });
describe('a client id', () => {
  let server: TestServer;
  let alice: Account;
  let bob: Account;
  beforeAll(async () => {
    server = await TestServer.start();
    alice = await server.user();
    bob = await server.user();
  });
  afterAll(() => server.stop());

  it.each([
    ['one character', 'x', 'x'],
    ['128 characters', 'x'.repeat(128), 'x'.repeat(128)],
    ['128 characters beyond the BMP', encodeURIComponent('🎮'.repeat(128)), '🎮'.repeat(128)],
    ['Cyrillic letters', encodeURIComponent('клиент'), 'клиент'],
    ['a slash, escaped', 'a%2Fb', 'a/b'],
    ['what escapes look like, escaped', '%2541', '%41'],
    ['spaces and signs', '%20a+b=c&d%3F%23', ' a+b=c&d?#'],
    ['two dots', '%2e%2e', '..'],
    ['a time in seconds', '12345.678', '12345.678'],
  ])('may be %s', async (_what, sent, id) => {
    const tcp = await TcpSocket.webSocket(server.port, `/ws/${sent}`);
    tcp.json({ type: 'chat', message: 'Hello!' });
    expect(JSON.parse((await tcp.frame())?.payload.toString('utf8') ?? '')).toEqual({
      client_id: id,
      message: 'Hello!',
      type: 'echo',
    });
    tcp.destroy();
  });

  it.each([
    ['empty', ''],
    ['129 characters', 'x'.repeat(129)],
    ['129 characters beyond the BMP', encodeURIComponent('🎮'.repeat(129))],
    ['with NUL', 'a%00b'],
    ['with a line feed', 'a%0Ab'],
    ['with DEL', '%7F'],
    ['with a C1 control character', '%C2%85'],
    ['escaped badly', 'a%zz'],
    ['half an escape', 'a%4'],
    ['not UTF-8', '%ff%fe'],
    ['an encoded surrogate', '%ED%A0%80'],
  ])('may not be %s: 422 before the upgrade', async (_what, sent) => {
    for (const path of ['/ws/', '/api/v1/ws/']) {
      const tcp = await TcpSocket.connect(server.port);
      tcp.upgrade(path + sent);
      const { status, body } = await tcp.head();
      expect({ status, body: JSON.parse(body) }).toEqual({
        status: 422,
        body: { detail: [{ loc: ['path', 'client_id'], msg: expect.any(String), type: expect.any(String) }] },
      });
      await tcp.closed;
    }
  });

  it('is shared by anonymous connections', async () => {
    const sockets = await Promise.all([0, 1, 2].map(() => server.socket('/ws/shared')));
    for (const socket of sockets) expect(await socket.ask({ type: 'chat', message: 'x' })).toMatchObject({ client_id: 'shared' });
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  it('is one of its user alone: nobody can occupy the id of another', async () => {
    const squatters = await Promise.all([server.socket('/ws/wanted'), server.socket('/ws/wanted', bearer(bob))]);
    const first = await server.socket('/ws/wanted', bearer(alice));
    const second = await server.socket('/api/v1/ws/%77anted', bearer(alice));
    const all = [...squatters, first, second];
    const owners = await Promise.all(all.map(async (socket) => (await socket.command('system.whoami')).data.user_id));
    expect(owners).toEqual([null, bob.id, alice.id, alice.id]);
    for (const socket of all) expect(await socket.ask({ type: 'chat', message: 'x' })).toMatchObject({ client_id: 'wanted' });
    await Promise.all(all.map((socket) => socket.close()));
  });

  it('stays with its connection when that becomes another user’s, and takes nothing from anybody', async () => {
    const holder = await server.socket('/ws/moving', bearer(alice));
    const mover = await server.socket('/ws/moving');
    for (const { tokens, id } of [alice, bob]) {
      expect(await mover.command('system.authenticate', { token: tokens.token })).toMatchObject({ success: true });
      expect((await mover.command('system.whoami')).data.user_id).toBe(id);
    }
    expect(await onlineIdsOf(alice)).toContain('moving');
    expect(await onlineIdsOf(bob)).toContain('moving');
    await mover.command('system.authenticate', { token: null });
    expect(await onlineIdsOf(bob)).not.toContain('moving');
    expect((await holder.command('system.whoami')).data.user_id).toBe(alice.id);
    await Promise.all([holder, mover].map((socket) => socket.close()));
  });

  it('is offline when the session behind it ends', async () => {
    const session = await server.client().logIn(alice.username, PASSWORD);
    const socket = await server.socket('/ws/revoked', { authorization: `Bearer ${session.token}` });
    expect(await onlineIdsOf(alice)).toContain('revoked');
    await server.client().post('/auth/logout', { refresh_token: session.refreshToken });
    expect((await socket.closed).code).toBe(4401);
    expect(await onlineIdsOf(alice)).not.toContain('revoked');
  });

  it('is had by two users who come at the same time', async () => {
    const sockets = await Promise.all([alice, bob, alice, bob].map((account) => server.socket('/ws/contested', bearer(account))));
    const users = await Promise.all(sockets.map(async (socket) => (await socket.command('system.whoami')).data.user_id));
    expect(users).toEqual([alice.id, bob.id, alice.id, bob.id]);
    await Promise.all(sockets.map((socket) => socket.close()));
  });
});

const clientsOf = async (account: Account): Promise<Parsed[]> =>
  (await account.client.get(`/api/v1/users/${account.id}/clients`)).body;

const onlineIdsOf = async (account: Account): Promise<string[]> =>
  (await clientsOf(account)).filter(({ online }) => online).map(({ client_id: id }) => id);

describe('the ids of a user', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());

  it('are kept, newest first, with whether they are online now', async () => {
    const account = await server.user();
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(await clientsOf(account)).toEqual([]);
    const phone = await server.socket('/ws/phone', bearer(account));
    const laptop = await server.socket('/ws/laptop', bearer(account));
    await (await server.socket('/ws/never-known')).close();
    expect(await clientsOf(account)).toEqual([
      { client_id: 'laptop', first_seen: time, last_seen: time, online: true },
      { client_id: 'phone', first_seen: time, last_seen: time, online: true },
    ]);
    await laptop.close();
    await until(async () => !(await clientsOf(account)).find(({ client_id: id }) => id === 'laptop').online);
    await phone.command('system.authenticate', { token: null });
    await until(async () => (await clientsOf(account)).every(({ online }) => !online));
    await phone.close();
  });

  it('are for the user itself and for superusers', async () => {
    const [account, other, superuser] = [await server.user(), await server.user(), await server.user({ isSuperuser: true })];
    const path = `/api/v1/users/${account.id}/clients`;
    expect((await other.client.get(path)).status).toBe(403);
    expect((await server.client().get(path)).status).toBe(401);
    expect((await superuser.client.get(path)).status).toBe(200);
    expect((await superuser.client.get('/api/v1/users/999999/clients')).status).toBe(404);
  });
});

describe.runIf(has.redis)('two nodes', () => {
  let redis: TestRedis;
  let database: TestDatabase;
  let nodes: [TestServer, TestServer];
  beforeAll(async () => {
    redis = await TestRedis.start();
    database = await createDatabase();
    const start = () => TestServer.start({ database, variables: { REDIS_URL: redis.url } });
    nodes = [await start(), await start()];
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await database.drop();
    await redis.stop();
  });

  it('agree on which client ids of a user are online', async () => {
    const [one, two] = nodes;
    const [alice, bob] = [await one.user(), await one.user()];
    const onOne = await one.socket('/ws/roaming', bearer(alice));
    const others = await two.socket('/ws/roaming', bearer(bob));
    const onTwo = await two.socket('/ws/roaming', bearer(alice));
    await onOne.close();
    // The other node still holds it.
    expect(await clientsOf(alice)).toMatchObject([{ client_id: 'roaming', online: true }]);
    await onTwo.close();
    await until(async () => (await clientsOf(alice)).every(({ online }) => !online));
    expect(await clientsOf(bob)).toMatchObject([{ client_id: 'roaming', online: true }]);
    await others.close();
  });

  it('close the sockets of a session that ends on the other', async () => {
    const [one, two] = nodes;
    const account = await one.user();
    const sockets = await Promise.all(['/v1/connect', '/ws/far', '/'].map((path) => two.socket(path, bearer(account))));
    const from = performance.now();
    await account.client.delete(`/api/v1/users/${account.id}/sessions`);
    for (const socket of sockets) expect((await socket.closed).code).toBe(4401);
    expect(performance.now() - from).toBeLessThan(1000);
  });

  it('push what becomes of an account to its sockets on the other', async () => {
    const [one, two] = nodes;
    const account = await one.user();
    const socket = await two.socket('/ws/pushed-far', bearer(account));
    const { body } = await account.client.put(`/api/v1/users/${account.id}`, { full_name: 'New Name' });
    expect(await socket.next()).toMatchObject({ type: 'user.updated', data: body });
    await socket.close();
  });
});

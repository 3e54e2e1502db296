import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, connected } from '../conformance/drivers/socketio.js';
import { GreetingModule } from '../examples/greeting/greeting.module.js';
import { MAX_GUESTS } from '../examples/greeting/guest-list.js';
import { has } from '../support/capabilities.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { blocksOf } from '../support/doc-blocks.js';
import { TestRedis } from '../support/redis.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

describe('the example of extending.md', () => {
  let server: TestServer;
  let alice: Account;
  let bob: Account;

  beforeAll(async () => {
    server = await TestServer.start({ extensions: [GreetingModule] });
    alice = await server.user({ username: 'alice' });
    bob = await server.user({ username: 'bob', isSuperuser: true });
  });
  afterAll(() => server.stop());

  it('is printed as it is run', async () => {
    const blocks = (await blocksOf('docs/extending.md')).filter(({ info }) => info.startsWith('file='));
    // All of it: who has the page alone can build the module.
    const files = (await readdir('test/examples/greeting')).map((name) => `file=${name}`);
    expect(blocks.map(({ info }) => info).sort()).toEqual(files.sort());
    for (const { info, text } of blocks) {
      const code = await readFile(`test/examples/greeting/${info.slice('file='.length)}`, 'utf8');
      // It is printed for a folder in src.
      expect(text).toBe(code.replaceAll('../../../src/', '../').trim());
    }
  });

  it('answers its command over every way', async () => {
    const payload = { name: 'Alice' };
    const overHttp = await server.client().post('/api/v1/commands/greeting/greet', payload);
    expect(overHttp.body).toMatchObject({ success: true, data: { text: 'Hello, Alice!' } });
    const socket = await server.socket('/ws/anyone');
    expect(await socket.command('greeting.greet', payload)).toMatchObject({ success: true, data: { text: 'Hello, Alice!' } });
    expect(await socket.command('greeting.greet', {})).toMatchObject({ success: false, code: 'invalid_payload' });
    expect(await socket.command('greeting.send', { user_id: 1, text: 'Hi' })).toMatchObject({ code: 'not_authenticated' });
    await socket.close();
    const overSocketIo = await connected(connect(server, 'websocket', { auth: { token: alice.tokens.token } }));
    const frame = { request_id: 'r', domain: 'greeting', command: 'greet', payload };
    expect(await overSocketIo.emitWithAck('command', frame)).toMatchObject({ success: true, data: { text: 'Hello, Alice!' } });
    overSocketIo.disconnect();
  });

  it('delivers its events in the style of each protocol', async () => {
    const game = await server.socket(`/v1/connect?token=${bob.tokens.token}`);
    const rest = await server.socket(`/ws/bob?token=${bob.tokens.token}`);
    await game.next();
    const sent = await alice.client.post('/api/v1/commands/greeting/send', { user_id: bob.id, text: 'Good morning' });
    expect(sent.status).toBe(200);
    const data = { from: 'alice', text: 'Good morning' };
    expect(await game.next()).toEqual({ type: 'event', v: 1, domain: 'greeting', event: 'received', data });
    expect(await rest.next()).toMatchObject({ type: 'greeting.received', data });
    const toSelf = await alice.client.post('/api/v1/commands/greeting/send', { user_id: alice.id, text: 'Hi' });
    expect([toSelf.status, toSelf.body.code, toSelf.body.detail]).toEqual([409, 'conflict', 'You cannot greet yourself']);
    await Promise.all([game.close(), rest.close()]);
  });

  it('guards its routes', async () => {
    const anyone = server.client();
    expect((await anyone.get('/greetings/today')).body).toEqual({ text: 'Hello!' });
    expect((await anyone.get('/greetings/mine')).status).toBe(401);
    expect((await alice.client.get('/greetings/mine')).body).toEqual({ text: 'Hello, alice!' });
    expect((await alice.client.get('/greetings/all')).status).toBe(403);
    expect((await bob.client.get('/greetings/all')).status).toBe(200);
    expect((await anyone.get('/greetings/weekday')).status).toBe(401);
    expect((await alice.client.get('/greetings/weekday')).status).toBe(200);
    expect((await alice.client.get('/greetings/weekday', { 'x-weekend': 'yes' })).status).toBe(403);
  });

  it('shows in the document', async () => {
    const { paths } = (await server.client().get('/openapi.json')).body;
    expect(paths['/greetings/today'].get.summary).toBe('The greeting of the day');
    expect(paths['/api/v1/commands/greeting/send'].post.requestBody.content['application/json'].example).toEqual({
      user_id: 2,
      text: 'Good morning',
    });
  });

  it('shows in the document of the sockets, with its events', async () => {
    const { components } = (await server.client().get('/asyncapi.json')).body;
    for (const name of ['received', 'entered', 'left']) expect(components.messages[`rest.greeting.${name}`]).toBeDefined();
    expect(components.messages['game.greeting.greet.request'].examples[0].payload.payload).toEqual({ name: 'Alice' });
  });
});

describe.each(['memory', ...(has.redis ? ['Redis'] : [])])('the party of extending.md in %s', (where) => {
  let database: TestDatabase;
  let redis: TestRedis | undefined;
  let one: TestServer;
  /** The other node, where there is one. */
  let two: TestServer;
  let alice: Account;
  let bob: Account;

  beforeAll(async () => {
    database = await createDatabase();
    redis = where === 'Redis' ? await TestRedis.start() : undefined;
    const options = { database, extensions: [GreetingModule], ...(redis ? { variables: { REDIS_URL: redis.url } } : {}) };
    one = await TestServer.start(options);
    two = redis ? await TestServer.start(options) : one;
    [alice, bob] = [await one.user({ username: 'alice' }), await one.user({ username: 'bob' })];
  });
  afterAll(async () => {
    await one.stop();
    if (two !== one) await two.stop();
    await redis?.stop();
    await database.drop();
  });

  const open = (server: TestServer, { tokens }: Account) => server.socket(`/v1/connect?token=${tokens.token}`);

  it('hears who comes and goes, over raw WebSockets and Socket.IO, and not over REST', async () => {
    const first = await open(one, alice);
    const guest = ({ id, username }: Account) => ({ user_id: id, username });
    expect((await first.command('greeting.enter')).data).toEqual({ guests: [guest(alice)] });
    const second = await connected(connect(two, 'websocket', { auth: { token: bob.tokens.token } }));
    const frame = { request_id: 'r', domain: 'greeting', command: 'enter', payload: {} };
    expect(await second.emitWithAck('command', frame)).toMatchObject({ data: { guests: [guest(alice), guest(bob)] } });
    const event = { type: 'event', v: 1, domain: 'greeting', data: guest(bob) };
    await first.nextThat((told) => told.event === 'entered').then((told) => expect(told).toEqual({ ...event, event: 'entered' }));
    second.disconnect();
    await first.nextThat((told) => told.event === 'left').then((told) => expect(told).toEqual({ ...event, event: 'left' }));
    await first.close();
    const { status, body } = await alice.client.post('/api/v1/commands/greeting/enter', {});
    expect([status, body.code]).toEqual([409, 'conflict']);
  });

  it('never has more guests than there is room for', async () => {
    const sockets = await Promise.all(Array.from({ length: MAX_GUESTS + 4 }, (_unused, i) => open(i % 2 ? one : two, bob)));
    // Those of the test before may still be on their way out.
    await until(async () => {
      const { data } = (await sockets[0]?.command('greeting.enter')) ?? {};
      return data?.guests.length === 1;
    });
    const answers = await Promise.all(sockets.map((socket) => socket.command('greeting.enter')));
    expect(answers.filter(({ success }) => success)).toHaveLength(MAX_GUESTS);
    expect(answers.filter(({ code }) => code === 'conflict')).toHaveLength(4);
    await Promise.all(sockets.map((socket) => socket.close()));
  });
});

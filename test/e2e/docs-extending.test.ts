import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, connected } from '../conformance/drivers/socketio.js';
import { GreetingModule } from '../examples/greeting/greeting.module.js';
import { blocksOf } from '../support/doc-blocks.js';
import { type Account, TestServer } from '../support/server.js';

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
    expect(blocks).toHaveLength(4);
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
});

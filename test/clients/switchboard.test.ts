import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LogEntry, Switchboard } from '../../clients/typescript/src/index.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

describe('smoke', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());
  it('works', async () => {
    const a = new Switchboard({ baseUrl: server.url, WebSocket, refresh: 'body' });
    const b = new Switchboard({ baseUrl: server.url, WebSocket, refresh: 'body' });
    const alice = await a.register({ username: 'alice', email: 'alice@example.com', password: 'correct horse battery' });
    await b.register({ username: 'bobby', email: 'bob@example.com', password: 'correct horse battery' });
    expect(alice.username).toBe('alice');
    const me = await a.rest.GET('/api/v1/users/me');
    expect(me.data?.id).toBe(alice.id);
    const [x, y] = [a.connect(), b.connect()];
    const heard: LogEntry[] = [];
    const own: LogEntry[] = [];
    y.on('entry', (entry) => heard.push(entry));
    x.on('entry', (entry) => own.push(entry));
    const chat = await x.command('chat.create', { chat_type: 'group', chat_name: 'x', members: ['bobby'] });
    x.follow(chat.chat_id, chat.last_seq);
    y.follow(chat.chat_id, chat.last_seq);
    for (let i = 0; i < 20; i++) await x.send(chat.chat_id, `text ${i}`);
    await x.command('chat.edit', { chat_id: chat.chat_id, seq: heard.at(-1)?.seq ?? 0, content: 'other' });
    await until(() => heard.length === 21 && own.length === 21);
    expect(own).toEqual(heard);
    await a.logOut();
    expect(x.state).toBe('closed');
    y.close();
    await b.logOut();
  });
});

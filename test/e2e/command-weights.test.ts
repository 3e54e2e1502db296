import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChatConnection, connectChat } from '../support/chat-client.js';
import { makeGroup } from '../support/chats.js';
import { runSql } from '../support/database.js';
import type { Parsed } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';

const open = (server: TestServer, who: Account): Promise<ChatConnection> =>
  connectChat(server.url, 'game', who.tokens.token, () => undefined);

const ask = (socket: ChatConnection, times: number, name: string, payload: object): Promise<Parsed[]> =>
  Promise.all(Array.from({ length: times }, () => socket.command(name, payload)));

const passed = (answers: readonly Parsed[]): number => answers.filter(({ success }) => success).length;

describe('commands that weigh more than a frame', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start({ variables: { RATE_LIMIT: 'on' } });
  });
  afterAll(() => server.stop());

  it('are refused before they run where a connection has too little left, and run after a while', async () => {
    const socket = await open(server, await server.user());
    const from = performance.now();
    // 6 frames each, of the user's 160.
    const answers = await ask(socket, 100, 'chat.list', { limit: 200 });
    const most = 40 + Math.ceil(((performance.now() - from) / 1000) * 20);
    expect(passed(answers)).toBeGreaterThanOrEqual(26);
    expect(passed(answers)).toBeLessThanOrEqual(most);
    const refused: Parsed = answers.find(({ success }) => !success);
    expect(refused).toMatchObject({ code: 'too_many_requests', retry_after: expect.any(Number) });
    await sleep(refused?.retry_after * 1000);
    expect(await socket.command('chat.list', { limit: 200 })).toMatchObject({ success: true });
    expect(await socket.command('system.ping', {})).toMatchObject({ success: true });
    socket.cut();
  });

  it('share one allowance on all connections of a user, and take nothing from another user', async () => {
    const [busy, other] = [await server.user(), await server.user()];
    const sockets = await Promise.all([1, 2, 3, 4].map(() => open(server, busy)));
    const from = performance.now();
    const answers = (await Promise.all(sockets.map((socket) => ask(socket, 30, 'chat.list', { limit: 200 })))).flat();
    // Each connection alone might have 40 of them, the user has 26.
    expect(passed(answers)).toBeLessThanOrEqual(27 + Math.ceil(((performance.now() - from) / 1000) * 40));
    const quiet = await open(server, other);
    expect(await quiet.command('chat.list', { limit: 200 })).toMatchObject({ success: true });
    for (const socket of [...sockets, quiet]) socket.cut();
  });

  it('take afterwards what turned out to be work, such as the members of a large group', async () => {
    const busy = await server.user();
    await runSql(
      server.database.url,
      `INSERT INTO users (username, username_fold, username_skeleton, username_lookalike, password_hash)
       SELECT n, n, n, n, '-' FROM (SELECT 'crowd-' || g AS n FROM generate_series(1, 3000) g) names`,
    );
    const crowd = await runSql<{ id: string }>(server.database.url, `SELECT id FROM users WHERE username LIKE 'crowd-%'`);
    const chat = await makeGroup(server.database.url, [busy.id, ...crowd.map(({ id }) => Number(id))]);
    const socket = await open(server, busy);
    const from = performance.now();
    // All of them are let in, since nobody knows yet what they cost; those that wait are refused when it shows.
    const answers = await ask(socket, 60, 'chat.get', { chat_id: chat });
    // 31 frames each: eight at once, then eight a second, and those that were under way already.
    expect(passed(answers)).toBeLessThanOrEqual(12 + Math.ceil(((performance.now() - from) / 1000) * 8));
    expect(answers.find(({ success }) => !success)).toMatchObject({ code: 'too_many_requests' });
    socket.cut();
  });

  it('leave a client alone that starts on several devices, lists, resumes and reads back', async () => {
    const who = await server.user();
    const chats = await Promise.all(Array.from({ length: 128 }, () => makeGroup(server.database.url, [who.id])));
    for (let device = 0; device < 3; device++) {
      const socket = await open(server, who);
      const cursors = chats.map((chat_id) => ({ chat_id, after_seq: 0 }));
      const answers = await Promise.all([
        socket.command('system.resume', { cursors }),
        socket.command('chat.list', { limit: 200 }),
        socket.command('chat.get', { chat_id: chats[0] }),
        ...chats.slice(0, 20).map((chat_id) => socket.command('chat.history', { chat_id, limit: 50 })),
      ]);
      expect(answers.filter(({ success }) => !success)).toEqual([]);
      socket.cut();
    }
  });

  it('count as several requests over HTTP', async () => {
    const strict = await TestServer.start({ variables: { RATE_LIMIT: 'on', RATE_LIMIT_API: '1', RATE_LIMIT_BURST: '20' } });
    try {
      const who = await strict.user();
      const members = Array.from({ length: 1_000 }, (_unused, i) => `nobody-${i}`);
      const from = performance.now();
      const statuses: number[] = [];
      for (let i = 0; i < 15; i++) {
        const { status } = await who.client.post('/api/v1/commands/chat/create', {
          chat_type: 'group',
          members: members.slice(i),
        });
        statuses.push(status);
      }
      // Nearly two requests each, of which 20 are left.
      const most = 11 + Math.ceil((performance.now() - from) / 1000);
      expect(statuses.filter((status) => status === 422).length).toBeLessThanOrEqual(most);
      expect(statuses).toContain(429);
    } finally {
      await strict.stop();
    }
  });

  it('are charged like requests that skip very many accounts', async () => {
    const strict = await TestServer.start({ variables: { RATE_LIMIT: 'on', RATE_LIMIT_API: '1', RATE_LIMIT_BURST: '29' } });
    try {
      const { client } = await strict.user({ isSuperuser: true });
      const statusOf = async (query: string) => (await client.get(`/api/v1/users/?${query}`)).status;
      expect(await statusOf('skip=1000000')).toBe(200);
      expect(await statusOf('skip=0&skip=4000000')).toBe(200);
      expect(await statusOf('skip=400000&q=nobody')).toBe(429);
      expect(await statusOf('skip=-1000000')).toBe(422);
      expect(await statusOf('skip=0')).toBe(200);
    } finally {
      await strict.stop();
    }
  });

  it('say so where commands are listed and documented', async () => {
    const { body } = await server.client().post('/api/v1/commands/system/commands', {});
    const list = body.data.commands.find(({ command }: { command: string }) => command === 'chat.list');
    expect(list).toMatchObject({ weight: 2, weight_by: expect.stringContaining('each 50 chats') });
    const { paths } = (await server.client().get('/openapi.json')).body;
    expect(paths['/api/v1/commands/chat/list'].post.description).toContain(`It weighs ${list.weight_by}.`);
    const { operations } = (await server.client().get('/asyncapi.json')).body;
    const described = Object.values<{ title?: string; description?: string }>(operations).filter(
      ({ title }) => title === 'chat.list',
    );
    expect(described.length).toBeGreaterThan(0);
    for (const { description } of described) expect(description).toContain(`It weighs ${list.weight_by}.`);
  });
});

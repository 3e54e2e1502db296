import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, connected } from '../conformance/drivers/socketio.js';
import { has } from '../support/capabilities.js';
import { runSql } from '../support/database.js';
import type { Parsed } from '../support/http-client.js';
import { report, run, say, type Scene, sceneOf, TOMORROW } from '../support/moderation.js';
import type { RawSocket } from '../support/raw-socket.js';
import { TestRedis } from '../support/redis.js';
import { type Account, PASSWORD, type TestServer } from '../support/server.js';
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.js';
import { until } from '../support/until.js';

let redis: TestRedis | undefined;
let nodes: TwoNodes;
let scene: Scene;
beforeAll(async () => {
  if (has.redis) redis = await TestRedis.start();
  nodes = await startTwoNodes({ variables: redis ? { REDIS_URL: redis.url } : {} });
  scene = await sceneOf(nodes.one);
});
afterAll(async () => {
  await nodes.stop();
  await redis?.stop();
});

const open = async (node: TestServer, { tokens, id }: Account, path: 'game' | 'rest' | '/'): Promise<RawSocket> => {
  const paths = { game: '/v1/connect', rest: `/ws/nodes-${id}`, '/': '/' };
  const socket = await node.socket(paths[path], { authorization: `Bearer ${tokens.token}` });
  if (path === 'game') await socket.next();
  return socket;
};

describe.runIf(has.redis)('events of the queue', () => {
  it('reach superusers of every node and protocol that has them, and nobody else', async () => {
    const { root, alice, bob, chatId } = scene;
    const [game, rest, plain] = await Promise.all([
      open(nodes.one, root, 'game'),
      open(nodes.two, root, 'rest'),
      open(nodes.two, alice, 'game'),
    ]);
    const events: Parsed[] = [];
    const socketIo = connect(nodes.two, 'websocket', { auth: { token: root.tokens.token } });
    socketIo.on('moderation', (event: Parsed) => events.push(event));
    await connected(socketIo);
    const demoted = await nodes.two.user({ isSuperuser: true });
    const former = await open(nodes.two, demoted, 'game');
    await root.client.put(`/api/v1/users/${demoted.id}`, { is_superuser: false });
    await until(async () => !(await former.command('system.whoami')).data.is_superuser);

    const reportId = await report(alice, { chat_id: chatId, seq: await say(bob, chatId, 'You fool') });
    expect(await game.nextThat(({ domain }) => domain === 'moderation')).toEqual({
      type: 'event',
      v: 1,
      domain: 'moderation',
      event: 'reported',
      data: { report_id: reportId },
    });
    expect(await rest.nextThat(({ type }) => type === 'moderation.reported')).toMatchObject({ data: { report_id: reportId } });
    await run(root, 'moderation.resolve', { report_id: reportId, action: 'delete' });
    expect(await rest.nextThat(({ type }) => type === 'moderation.resolved')).toMatchObject({
      data: { report_id: reportId, action: 'delete' },
    });
    await until(() => events.length === 2);
    expect(events).toEqual([
      { type: 'reported', report_id: reportId },
      { type: 'resolved', report_id: reportId, action: 'delete' },
    ]);
    // Whatever came over the bus is there when the deletion is.
    await plain.nextThat(({ event }) => event === 'deleted');
    for (const socket of [plain, former]) {
      await socket.command('system.ping');
      expect(socket.pending().filter(({ domain }) => domain === 'moderation')).toEqual([]);
    }
    await Promise.all([game, rest, plain, former].map((socket) => socket.close()));
    socketIo.disconnect();
  });
});

describe.runIf(has.redis)('the deletion of a message by a superuser of one node', () => {
  it('reaches members who are connected to the other', async () => {
    const { root, alice, bob, chatId } = scene;
    const seq = await say(bob, chatId, 'You fool');
    const reportId = await report(alice, { chat_id: chatId, seq });
    const socket = await open(nodes.two, alice, 'game');
    await socket.command('system.resume', { cursors: [{ chat_id: chatId, after_seq: seq }] });
    const from = performance.now();
    await run(root, 'moderation.resolve', { report_id: reportId, action: 'delete' });
    const { data } = await socket.nextThat(({ event }) => event === 'deleted');
    expect(data).toMatchObject({ target_seq: seq, from_id: root.id });
    expect(performance.now() - from).toBeLessThan(1_000);
    await socket.close();
  });
});

describe('a suspension by a superuser of one node', () => {
  it('closes the sockets of every protocol on both nodes with 4401, and opens no other, within a second', async () => {
    const { root } = scene;
    const carol = await nodes.one.user();
    const sockets = await Promise.all(
      [nodes.one, nodes.two].flatMap((node) => (['game', 'rest', '/'] as const).map((path) => open(node, carol, path))),
    );
    const socketIo = connect(nodes.two, 'websocket', { auth: { token: carol.tokens.token } });
    await connected(socketIo);
    const gone = new Promise((resolve) => socketIo.once('disconnect', resolve));
    const from = performance.now();
    expect((await root.client.put(`/api/v1/users/${carol.id}/suspension`, { reason: 'x', until: TOMORROW })).status).toBe(200);
    const codes = await Promise.all(sockets.map(async ({ closed }) => (await closed).code));
    await gone;
    expect(performance.now() - from).toBeLessThan(1_000);
    expect(codes).toEqual(sockets.map(() => 4401));
    for (const node of [nodes.one, nodes.two]) {
      expect((await node.client(carol.tokens.token).get('/api/v1/users/me')).status).toBe(401);
      const logIn = { username: carol.username, password: PASSWORD };
      expect((await node.client().post('/api/v1/auth/login', logIn)).status).toBe(401);
      await expect(open(node, carol, 'game')).rejects.toThrow('upgrade answered 401');
      const cookie = `refresh_token=${carol.tokens.refreshToken}`;
      expect((await node.client().post('/api/v1/auth/refresh', undefined, { cookie })).status).toBe(401);
    }
  });

  it('is heeded by both nodes also where somebody writes it into the table', async () => {
    const dave = await nodes.one.user();
    const sockets = await Promise.all([nodes.one, nodes.two].map((node) => open(node, dave, 'game')));
    await runSql(nodes.database.url, `UPDATE users SET suspended_until = now() + interval '1 hour' WHERE id = $1`, [dave.id]);
    expect(await Promise.all(sockets.map(async ({ closed }) => (await closed).code))).toEqual([4401, 4401]);
  });
});

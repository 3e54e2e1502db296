import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Parsed } from '../support/http-client.js';
import { run, say, type Scene, sceneOf } from '../support/moderation.js';
import { type Account, TestServer } from '../support/server.js';

let server: TestServer;
let scene: Scene;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());
beforeEach(async () => {
  scene = await sceneOf(server);
});

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const report = async (by: Account, payload: object): Promise<number> =>
  (await run(by, 'moderation.report', { reason: 'abuse', ...payload })).report_id;
const read = (id: number): Promise<Parsed> => run(scene.root, 'moderation.get_report', { report_id: id });

describe('a report of a message', () => {
  it('keeps the message with what came before it, as it was at that moment', async () => {
    const { alice, bob, chatId } = scene;
    for (const text of ['one', 'two', 'three', 'four', 'five', 'six']) await say(alice, chatId, text);
    const seq = await say(bob, chatId, 'You fool');
    const id = await report(alice, { chat_id: chatId, seq, comment: 'Third time today' });
    await run(bob, 'chat.edit', { chat_id: chatId, seq, content: 'You darling' });
    await run(bob, 'chat.delete', { chat_id: chatId, seq });
    const { context, ...found } = await read(id);
    expect(found).toEqual({
      report_id: id,
      state: 'open',
      reason: 'abuse',
      comment: 'Third time today',
      reporter_id: alice.id,
      reporter_name: alice.username,
      user_id: bob.id,
      username: bob.username,
      chat_id: chatId,
      chat_type: 'group',
      chat_name: 'a group',
      seq,
      excerpt: 'You fool',
      created_at: time,
      resolution: null,
      message: {
        seq,
        from_id: bob.id,
        from_name: bob.username,
        content_type: 'text/plain',
        created_at: time,
        deleted: false,
        versions: [{ seq, content: 'You fool', created_at: time, truncated: false }],
      },
    });
    expect(context.map(({ seq: at, content }: Parsed) => [at, content])).toEqual([
      [2, 'two'],
      [3, 'three'],
      [4, 'four'],
      [5, 'five'],
      [6, 'six'],
    ]);
    expect(context[0]).toEqual({
      seq: 2,
      kind: 'message',
      from_id: alice.id,
      from_name: alice.username,
      content: 'two',
      content_type: 'text/plain',
      truncated: false,
      created_at: time,
      deleted: false,
      member_id: null,
      member_name: null,
    });
  });
});

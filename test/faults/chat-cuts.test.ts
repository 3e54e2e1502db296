import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aWhile, connectChat, Follower, RESUMABLE } from '../support/chat-client.js';
import { logOf, makeGroup } from '../support/chats.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const CUTS = 1_000;

describe('a client that is cut again and again', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());

  it('misses nothing and is told nothing twice, whatever it comes back with', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const chat = await makeGroup(server.database.url, [alice.id, bob.id]);
    const follower = new Follower(chat, bob.tokens.token);
    const sender = await connectChat(server.url, 'game', alice.tokens.token, () => undefined);
    let isOver = false;
    let sent = 0;
    const flow = (async () => {
      while (!isOver) {
        sent += 1;
        const { success } = await sender.command('chat.send', { chat_id: chat, content: `text ${sent}` });
        expect(success).toBe(true);
        await aWhile(10);
      }
    })();
    for (let cut = 0; cut < CUTS; cut++) {
      await follower.connect(server.url, RESUMABLE[cut % RESUMABLE.length] ?? 'game');
      await aWhile(15);
      follower.cut();
    }
    isOver = true;
    await flow;
    await follower.connect(server.url, 'game');
    await until(() => follower.cursor === sent);
    follower.cut();
    sender.cut();
    expect(follower.faults).toEqual([]);
    expect(sent).toBeGreaterThan(CUTS / 2);
    expect(follower.contents).toEqual((await logOf(server.database.url, chat)).map(({ content }) => content));
  }, 120_000);
});

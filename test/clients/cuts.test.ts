import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LiveConnection, LogEntry } from '../../clients/typescript/src/index.js';
import { aWhile } from '../support/chat-client.js';
import { logOf, makeGroup } from '../support/chats.js';
import { CARRIERS, entriesOf, kitFor, liveOver } from '../support/kit.js';
import { Line } from '../support/line.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const CUTS = 200;

let server: TestServer;
const opened: { close(): unknown }[] = [];
beforeAll(async () => {
  server = await TestServer.start();
});
afterEach(async () => {
  for (const it of opened.splice(0)) await it.close();
});
afterAll(() => server.stop());

/** A way to the server that can be cut. */
async function lineToServer(): Promise<{ readonly line: Line; readonly url: string }> {
  const line = new Line(new URL(server.url));
  opened.push(line);
  return { line, url: (await line.open()).replace(/\/$/, '') };
}

const kept = <T extends { close(): unknown }>(it: T): T => {
  opened.unshift(it);
  return it;
};

/** What an entry says, without its time of day. */
const brief = ({ seq, kind, from_id, content, client_msg_id }: LogEntry) => ({ seq, kind, from_id, content, client_msg_id });

describe.each(CARRIERS)('the kit over %s, cut again and again', (carrier) => {
  it('hears all of two senders once and in order, and stores what it sends once', async () => {
    const [alice, bob, carol] = [await server.user(), await server.user(), await server.user()];
    const chat = await makeGroup(server.database.url, [alice.id, bob.id, carol.id]);
    const { line, url } = await lineToServer();
    const bad = kept(liveOver(carrier, await kitFor(url, alice.username)));
    const good = kept(liveOver('game', await kitFor(server.url, bob.username)));
    const watcher = kept(liveOver(carrier, await kitFor(url, carol.username)));
    const [sender, watched] = [entriesOf(bad), entriesOf(watcher)];
    for (const live of [bad, watcher]) live.follow(chat, 0);
    let openings = 0;
    watcher.on('state', (state) => {
      if (state === 'open') openings += 1;
    });
    await until(() => [bad, good, watcher].every(({ state }) => state === 'open'));

    let isOver = false;
    const sent: string[] = [];
    const flow = async (live: LiveConnection, name: string): Promise<void> => {
      for (let count = 1; !isOver; count++) {
        sent.push(`${name} ${count}`);
        await live.send(chat, `${name} ${count}`);
        await aWhile(10);
      }
    };
    const flows = [flow(bad, 'alice'), flow(bad, 'alice again'), flow(good, 'bob')];
    for (let cut = 0; cut < CUTS; cut++) {
      // Every other cut meets a connection that is open; the others, whatever there is.
      if (cut % 2 === 0) await until(() => watcher.state === 'open', 20_000);
      await aWhile(40);
      line.cut();
      if (cut % 4 === 0) await aWhile(20);
      line.mend();
    }
    isOver = true;
    await Promise.all(flows);

    const log = await logOf(server.database.url, chat);
    await until(() => sender.length === log.length && watched.length === log.length, 20_000);
    expect(log.map(({ content }) => content).sort()).toEqual([...sent].sort());
    expect(sender.map(brief)).toEqual(log.map((entry) => expect.objectContaining({ seq: entry.seq, content: entry.content })));
    expect(watched.map(brief)).toEqual(sender.map(brief));
    expect(sent.length).toBeGreaterThan(CUTS / 2);
    expect(openings).toBeGreaterThan(CUTS / 3);
  }, 120_000);
});

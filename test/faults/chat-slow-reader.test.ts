import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectChat, Follower } from '../support/chat-client.js';
import { makeGroup } from '../support/chats.js';
import { compile, linkPackages, Program } from '../support/compiled.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type ServerProcess, ServerProgram } from '../support/server-program.js';
import { until } from '../support/until.js';

const PER_SECOND = 100;
const MESSAGES = 400;
/** So long that what waits for a reader grows past every buffer within the time of this test. */
const CONTENT = 'x'.repeat(40_000);
const MEMORY_BYTES = 96 * 1024 * 1024;
const LATENCY_MS = 1_000;

let program: ServerProgram;
let server: ServerProcess;
let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createDatabase('bare');
  program = await ServerProgram.make();
  server = await program.start({ variables: { DATABASE_URL: database.url } });
  folder = await compile('test/support/programs/reader.ts');
  await linkPackages(folder);
}, 60_000);

afterAll(async () => {
  await program.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const residentBytes = async (): Promise<number> =>
  Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${server.pid}/status`, 'utf8'))?.[1]) * 1024;

async function register(name: string): Promise<{ id: number; token: string }> {
  const account = { username: name, email: `${name}@example.com`, password: 'correct horse battery' };
  const { body } = await server.client().post('/api/v1/auth/register', account);
  const { body: me } = await server.client(body.access_token).get('/api/v1/users/me');
  return { id: me.id, token: body.access_token };
}

describe('a reader that stops', () => {
  it('is closed with 4413, harms nobody, and catches up by resuming', async () => {
    const [sender, neighbour, reader] = [await register('sender'), await register('neighbour'), await register('reader')];
    const chat = await makeGroup(database.url, [sender.id, neighbour.id, reader.id]);
    const url = `${server.wsUrl}/v1/connect?token=${reader.token}`;
    const stopped = new Program(join(folder, 'test/support/programs/reader.js'), [url]);
    expect(await stopped.next()).toBe('open');
    const arrivals = new Map<number, number>();
    const next = await connectChat(server.url, 'game', neighbour.token, ({ seq }) => arrivals.set(seq, performance.now()));
    const sending = await connectChat(server.url, 'game', sender.token, () => undefined);

    const before = await residentBytes();
    let most = before;
    const sentAt: number[] = [];
    const sends: Promise<unknown>[] = [];
    stopped.kill('SIGSTOP');
    for (let i = 0; i < MESSAGES; i++) {
      sentAt.push(performance.now());
      sends.push(sending.command('chat.send', { chat_id: chat, content: CONTENT }));
      await sleep(1000 / PER_SECOND);
      if (i % 20 === 0) most = Math.max(most, await residentBytes());
    }
    await Promise.all(sends);
    await until(() => arrivals.size === MESSAGES);
    expect(most - before).toBeLessThan(MEMORY_BYTES);
    // One sends in order, so the first that was sent is the first that came.
    const latencies = sentAt.map((at, i) => (arrivals.get(i + 1) ?? Number.POSITIVE_INFINITY) - at);
    expect(Math.max(...latencies)).toBeLessThan(LATENCY_MS);
    const figures = (await server.client().get('/metrics')).body as unknown as string;
    expect(String(figures)).toMatch(/switchboard_\w*clos\w*_total\{[^}]*4413[^}]*\} 1\b/);

    stopped.kill('SIGCONT');
    const seqs: number[] = [];
    let ending: unknown;
    for (;;) {
      const line = await stopped.next<number | { notice?: number; closed?: number }>();
      if (typeof line === 'number') seqs.push(line);
      else if (line.closed !== undefined) {
        ending ??= line.closed;
        break;
      } else ending = line.notice;
    }
    await stopped.exited;
    // A socket that has to be cut because its reader does not even take the close frame ends with 1006.
    expect([4413, 1006]).toContain(ending);
    expect(seqs).toEqual(seqs.map((_seq, i) => i + 1));
    expect(seqs.length).toBeLessThan(MESSAGES);

    const follower = new Follower(chat, reader.token);
    follower.cursor = seqs.length;
    // It is far behind: what is left out of the replay is there for `chat.sync`.
    const connection = await follower.connect(server.url, 'rest');
    while (follower.cursor < MESSAGES) {
      const { data } = await connection.command('chat.sync', { chat_id: chat, after_seq: follower.cursor });
      expect(data.messages[0].seq).toBe(follower.cursor + 1);
      follower.cursor = data.messages.at(-1).seq;
    }
    for (const one of [sending, next, connection]) one.cut();
  }, 60_000);
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aWhile, type ChatConnection, connectChat } from '../support/chat-client.js';
import { logOf, makeGroup } from '../support/chats.js';
import { type ServerProcess, ServerProgram } from '../support/server-program.js';
import { until } from '../support/until.js';

const SENDERS = 8;
/** Nobody waits longer for an answer, database or not. */
const HUNG_MS = 5_000;

interface Person {
  readonly id: number;
  readonly token: string;
}

/** What was sent, and what was said to it. */
interface Send {
  readonly id: string;
  readonly outcome: 'stored' | 'refused' | 'unknown';
  readonly code?: string | undefined;
  readonly seq?: number;
  readonly tookMs: number;
}

let program: ServerProgram;
let server: ServerProcess;
const people: Person[] = [];

beforeAll(async () => {
  program = await ServerProgram.make();
  server = await program.start();
  for (let i = 0; i <= SENDERS; i++) {
    const account = { username: `person-${i}`, email: `person-${i}@example.com`, password: 'correct horse battery' };
    const { body } = await server.client().post('/api/v1/auth/register', account);
    const { body: me } = await server.client(body.access_token).get('/api/v1/users/me');
    people.push({ id: me.id, token: body.access_token });
  }
}, 60_000);

afterAll(() => program.close());

const databaseUrl = async (): Promise<string> => {
  const url = new URL((await server.database()).url);
  url.pathname = '/switchboard';
  return url.href;
};

const newChat = async (): Promise<number> =>
  makeGroup(
    await databaseUrl(),
    people.map(({ id }) => id),
  );

/** Says one thing after the other until told to stop. */
class Load {
  readonly sends: Send[] = [];
  private running = true;
  private readonly done: Promise<unknown>;

  constructor(
    private readonly connections: readonly ChatConnection[],
    private readonly chatId: number,
  ) {
    this.done = Promise.all(connections.map((connection, i) => this.repeat(connection, i)));
  }

  private async repeat(connection: ChatConnection, sender: number): Promise<void> {
    for (let i = 0; this.running && connection.isOpen; i++) {
      const id = `${this.chatId}-${sender}-${i}`;
      const from = performance.now();
      const payload = { chat_id: this.chatId, content: id, client_msg_id: id };
      try {
        const { success, code, data } = await connection.command('chat.send', payload);
        const tookMs = performance.now() - from;
        this.sends.push(success ? { id, outcome: 'stored', seq: data.seq, tookMs } : { id, outcome: 'refused', code, tookMs });
        if (!success) await aWhile(50);
      } catch {
        this.sends.push({ id, outcome: 'unknown', tookMs: performance.now() - from });
      }
    }
  }

  async stop(): Promise<readonly Send[]> {
    this.running = false;
    await this.done;
    return this.sends;
  }
}

/** Nothing that was acknowledged is missing, nothing is there twice, and nothing is there that nobody sent. */
async function compare(chatId: number, sends: readonly Send[]): Promise<void> {
  const log = await logOf(await databaseUrl(), chatId);
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_entry, i) => i + 1));
  const ids = log.map(({ client_msg_id: id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { id, outcome, seq } of sends) {
    if (outcome === 'stored') expect(log[(seq ?? 0) - 1]?.client_msg_id).toBe(id);
  }
  const sent = new Set(sends.map(({ id }) => id));
  expect(ids.filter((id) => !sent.has(id ?? ''))).toEqual([]);
}

const connectAll = (): Promise<ChatConnection[]> =>
  Promise.all(
    people.slice(0, SENDERS).map(({ token }, i) => connectChat(server.url, i % 2 ? 'game' : 'rest', token, () => undefined)),
  );

describe('when PostgreSQL is killed while messages flow', () => {
  it('every message that was acknowledged is there once, others are refused, and sockets stay open', async () => {
    const chat = await newChat();
    const heard: number[] = [];
    const receiving = await connectChat(server.url, 'game', people[SENDERS]?.token ?? '', ({ seq }) => heard.push(seq));
    const connections = await connectAll();
    const load = new Load(connections, chat);
    await until(() => load.sends.length > 200);
    const { pid } = await server.database();
    process.kill(pid, 'SIGKILL');
    await until(() => load.sends.some(({ outcome }) => outcome === 'refused'), 10_000);
    await until(() => load.sends.at(-1)?.outcome === 'stored' && load.sends.some(({ outcome }) => outcome === 'refused'), 30_000);
    const recovered = load.sends.length;
    await until(() => load.sends.length > recovered + 200, 10_000);
    const sends = await load.stop();
    expect(sends.filter(({ outcome }) => outcome === 'unknown')).toEqual([]);
    expect(new Set(sends.filter(({ outcome }) => outcome === 'refused').map(({ code }) => code))).toEqual(
      new Set(['unavailable']),
    );
    expect(Math.max(...sends.map(({ tookMs }) => tookMs))).toBeLessThan(HUNG_MS);
    expect([receiving, ...connections].every(({ isOpen }) => isOpen)).toBe(true);
    await compare(chat, sends);
    // Whoever listened through it all has heard every entry, also those of which the answer was lost.
    const { length } = await logOf(await databaseUrl(), chat);
    await until(() => heard.length >= length, 15_000);
    expect(heard).toEqual(Array.from({ length }, (_unused, i) => i + 1));
    for (const connection of [receiving, ...connections]) connection.cut();
  }, 90_000);
});

describe('when the server is killed while messages flow', () => {
  it('every message that was acknowledged is there once, and what is sent again under the same id is not stored again', async () => {
    for (let round = 0; round < 3; round++) {
      const chat = await newChat();
      const load = new Load(await connectAll(), chat);
      await until(() => load.sends.length > 100);
      await aWhile(500);
      await server.kill();
      const sends = await load.stop();
      server = await program.start({ dataDir: server.dataDir });
      await compare(chat, sends);
      const lost = sends.filter(({ outcome }) => outcome === 'unknown');
      expect(lost.length).toBeGreaterThan(0);
      for (const { id, outcome, seq } of [...lost, ...sends.slice(-20)]) {
        const sender = people[Number(id.split('-')[1])];
        const again = () =>
          server.client(sender?.token).post(`/api/v1/chats/${chat}/messages`, { content: id }, { 'idempotency-key': id });
        const [{ body: first }, { body: second }] = [await again(), await again()];
        expect(second).toEqual({ ...first, duplicate: true });
        if (outcome === 'stored') expect(first).toMatchObject({ seq, duplicate: true });
      }
      const log = await logOf(await databaseUrl(), chat);
      expect(log.map(({ seq }) => seq)).toEqual(log.map((_entry, i) => i + 1));
      expect(new Set(log.map(({ client_msg_id: id }) => id)).size).toBe(log.length);
    }
  }, 120_000);
});

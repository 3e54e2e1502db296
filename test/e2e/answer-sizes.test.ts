import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOSE } from '../../src/realtime/close-reasons.js';
import { Hub } from '../../src/realtime/hub.js';
import { makeGroup, makeUsers } from '../support/chats.js';
import { runSql } from '../support/database.js';
import type { Parsed } from '../support/http-client.js';
import { PollingSession } from '../support/engine-io.js';
import type { RawSocket } from '../support/raw-socket.js';
import { type Account, TestServer } from '../support/server.js';

const MIB = 1024 * 1024;
/** Each of its characters takes six bytes in JSON. */
const ESCAPED = '\u0001';

let server: TestServer;
let account: Account;
let superuser: Account;
let room: number;
const MEMBERS = 5_000;
beforeAll(async () => {
  server = await TestServer.start();
  [account, superuser] = await Promise.all([server.user(), server.user({ isSuperuser: true })]);
  const { url } = server.database;
  // Names of 64 characters with four bytes each, as the rules for names do not know them, but the database does.
  const crowd = await makeUsers(url, MEMBERS, "repeat('𐐨', 56) || lpad(n::text, 8, '0')");
  room = await makeGroup(url, [account.id, ...crowd]);
  await runSql(
    url,
    `INSERT INTO messages (chat_id, seq, kind, sender_id, content, content_type, created_at)
    SELECT $1, n, 'message', $2, CASE WHEN n % 2 = 0 THEN repeat($3, 65536) ELSE repeat(E'"log"\\n', 5000) END, 'text/plain', now()
    FROM generate_series(1, 60) n`,
    [room, account.id, ESCAPED],
  );
  await runSql(url, 'UPDATE chats SET last_seq = 60 WHERE id = $1', [room]);
  await runSql(
    url,
    `WITH made AS (INSERT INTO chats (chat_type, name, last_seq) SELECT 'group', repeat($2, 200), 1 FROM generate_series(1, 1100) RETURNING id),
      joined AS (INSERT INTO chat_members (chat_id, user_id, role) SELECT id, $1, 'owner' FROM made)
    INSERT INTO messages (chat_id, seq, kind, sender_id, content, content_type, client_msg_id, created_at)
    SELECT id, 1, 'message', $1, repeat($2, 3000), 'text/plain', repeat($2, 124) || id, now() FROM made`,
    [account.id, ESCAPED],
  );
  await runSql(
    url,
    `INSERT INTO audit_log (action, user_id, user_agent, details)
    SELECT 'login', $1, repeat('"', 512), jsonb_build_object('why', repeat('"', 1000)) FROM generate_series(1, 1000)`,
    [account.id],
  );
  await runSql(
    url,
    `INSERT INTO reports (reason, comment, reporter_id, reporter_name, user_id, username)
    SELECT 'other', repeat($2, 1000), $1, 'r' || n, n, 'u' || n FROM generate_series(1, 200) n`,
    [account.id, ESCAPED],
  );
  await runSql(url, `UPDATE users SET full_name = repeat($1, 200) WHERE id <> ALL ($2)`, [ESCAPED, [account.id, superuser.id]]);
}, 120_000);
afterAll(() => server.stop());

/** Every frame that a socket brings while something is asked, in bytes. */
async function opened(path: string): Promise<{ socket: RawSocket; sizes: number[] }> {
  const socket = await server.socket(`${path}?token=${account.tokens.token}`);
  const sizes: number[] = [];
  socket.socket.on('message', (data: Buffer) => sizes.push(data.length));
  return { socket, sizes };
}
const expectFits = (sizes: readonly number[]): void => expect(Math.max(...sizes)).toBeLessThanOrEqual(MIB);

/** Follows pages until there is no more. @returns the number of items in all of them */
async function follow(ask: (cursor: Parsed) => Promise<{ count: number; next: Parsed }>): Promise<number> {
  let total = 0;
  let cursor: Parsed;
  do {
    const { count, next } = await ask(cursor);
    expect(count).toBeGreaterThan(0);
    total += count;
    cursor = next;
  } while (cursor !== undefined && cursor !== null);
  return total;
}

describe.each(['/v1/connect', '/ws/sizes'])('answers over %s', (path) => {
  it.each([
    ['chat.sync', { limit: 1000 }, ({ messages }: Parsed) => ({ after_seq: messages.at(-1).seq }), { after_seq: 0 }],
    ['chat.history', { limit: 200 }, ({ messages }: Parsed) => ({ before_seq: messages[0].seq }), {}],
  ])('to %s end early, and miss nothing', async (name, payload, goOn, first) => {
    const { socket, sizes } = await opened(path);
    const total = await follow(async (cursor = first) => {
      const { data } = await socket.command(name, { chat_id: room, ...payload, ...cursor });
      return { count: data.messages.length, next: data.has_more ? goOn(data) : null };
    });
    expect(total).toBe(60);
    expectFits(sizes);
    await socket.close();
  });

  it('to chat.get list all members of a large room in a few pages', async () => {
    const { socket, sizes } = await opened(path);
    const total = await follow(async (cursor) => {
      const { data } = await socket.command('chat.get', { chat_id: room, cursor });
      expect(data.has_more === true).toBe('next_cursor' in data);
      return { count: data.members.length, next: data.next_cursor };
    });
    expect(total).toBe(MEMBERS + 1);
    expectFits(sizes);
    await socket.close();
  });

  it('to chat.add_members and chat.list fit, and show the beginning of long messages', async () => {
    const { socket, sizes } = await opened(path);
    expect((await socket.command('chat.add_members', { chat_id: room, members: [account.username] })).data.has_more).toBe(true);
    const { data } = await socket.command('chat.list', { limit: 200 });
    expect(data.chats).toHaveLength(200);
    for (const { last_message: last } of data.chats) {
      expect(last.truncated).toBe(true);
      expect(last.content.length).toBeLessThanOrEqual(512);
    }
    expectFits(sizes);
    await socket.close();
  });
});

describe('answers of messenger', () => {
  it('end early, and say that there is more', async () => {
    const { socket, sizes } = await opened('/');
    // A name of the request comes back with the answer.
    const request_id = 'x'.repeat(200_000);
    const messages = await socket.ask({ mode: 'getMessages', chat_id: room, limit: 200, request_id });
    expect([messages.status, messages.has_more]).toEqual([200, true]);
    const total = await follow(async (cursor) => {
      const { chats, next_cursor } = await socket.ask({ mode: 'getChats', cursor });
      return { count: chats.length, next: next_cursor };
    });
    expect(total).toBe(1_101);
    expectFits(sizes);
    await socket.close();
  });
});

describe('what answers a poll of Socket.IO', () => {
  /** A session for which more than a mebibyte waits, and an end of its polls: the bodies until then. */
  async function replayed(): Promise<{
    session: PollingSession;
    pollUntil: (isEnd: (packet: string) => boolean) => Promise<string[]>;
  }> {
    const session = await PollingSession.open(server, account.tokens.token);
    const frame = {
      request_id: 'r',
      domain: 'system',
      command: 'resume',
      payload: { cursors: [{ chat_id: room, after_seq: 50 }] },
    };
    expect(await session.post(`42${JSON.stringify(['command', frame])}`)).toBe(200);
    const waiting = (): number =>
      Math.max(...[...server.app.get(Hub).of(account.id)].map(({ transport }) => transport.pendingBytes()));
    await expect.poll(waiting).toBeGreaterThan(MIB);
    const pollUntil = async (isEnd: (packet: string) => boolean): Promise<string[]> => {
      const packets: string[] = [];
      while (!packets.some(isEnd)) {
        const some = await session.poll();
        expect(some).not.toEqual([]);
        expectFits([Buffer.byteLength(some.join('\u001e'))]);
        packets.push(...some);
      }
      return packets;
    };
    return { session, pollUntil };
  }

  it('fits, and the next polls bring the rest in order', async () => {
    const { session, pollUntil } = await replayed();
    const packets = await pollUntil((packet) => packet.startsWith('42["response"'));
    expect(Buffer.byteLength(packets.join(''))).toBeGreaterThan(MIB);
    const seqs = packets
      .filter((packet) => packet.includes('"kind":"message"'))
      .map((packet) => JSON.parse(packet.slice(2))[1].seq);
    expect(seqs.length).toBeGreaterThan(2);
    expect(seqs).toEqual(seqs.map((_seq, i) => 51 + i));
    expect(await session.post('1')).toBe(200);
  });

  it('brings all that waits, and why the session ends, before its end', async () => {
    const { pollUntil } = await replayed();
    const hub = server.app.get(Hub);
    for (const connection of hub.of(account.id)) hub.close(connection, CLOSE.slow);
    const packets = await pollUntil((packet) => packet === '1');
    expect(Buffer.byteLength(packets.join(''))).toBeGreaterThan(MIB);
    expect(packets.at(-2)).toMatch(/^42\["disconnect_notice",.*"code":4413/);
  });
});

describe('answers over HTTP', () => {
  it.each(['/api/v1/users/?limit=1000', `/api/v1/audit?limit=1000`])(
    'of %s end early, and link to what follows',
    async (first) => {
      const total = await follow(async (path = first) => {
        const { status, body, headers } = await superuser.client.get<Parsed[]>(path);
        expect(status).toBe(200);
        expectFits([Buffer.byteLength(JSON.stringify(body))]);
        return { count: body.length, next: /<(.*)>; rel="next"/.exec(headers.get('link') ?? '')?.[1] };
      });
      expect(total).toBeGreaterThanOrEqual(1_000);
    },
  );

  it('of reports end early, and miss nothing', async () => {
    const total = await follow(async (cursor) => {
      const path = `/api/v1/reports?limit=200${cursor ? `&cursor=${cursor}` : ''}`;
      const { body } = await superuser.client.get<Parsed>(path);
      expectFits([Buffer.byteLength(JSON.stringify(body))]);
      return { count: body.reports.length, next: body.next_cursor };
    });
    expect(total).toBe(200);
  });
});

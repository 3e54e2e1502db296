import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionsService } from '../../src/auth/sessions.service.js';
import { UsersService } from '../../src/users/users.service.js';
import { runSql } from '../support/database.js';
import type { RawSocket } from '../support/raw-socket.js';
import { TestServer } from '../support/server.js';

/** Names of one command at most. */
const NAMES = 1_000;

let server: TestServer;
beforeAll(async () => {
  const generous = { RATE_LIMIT_GENERAL: '100000', RATE_LIMIT_API: '100000', RATE_LIMIT_BURST: '100000' };
  server = await TestServer.start({ variables: { RATE_LIMIT: 'on', TRUST_PROXY: 'loopback', ...generous } });
});
afterAll(() => server.stop());

/** Makes accounts that cannot log in, and gives their names. */
async function makeUsers(count: number): Promise<string[]> {
  const rows = await runSql<{ username: string }>(
    server.database.url,
    `INSERT INTO users (username, username_fold, username_skeleton, username_lookalike, password_hash)
     SELECT name, name, name, name, '-' FROM (SELECT 'known-' || gen_random_uuid() AS name FROM generate_series(1, $1)) n
     RETURNING username`,
    [count],
  );
  return rows.map(({ username }) => username);
}

async function openAs(username: string, address: string): Promise<RawSocket> {
  const user = await server.app.get(UsersService).findForLogin(username);
  if (!user) throw new Error('no such user');
  const origin = { protocol: 'game', address, userAgent: null };
  const { token } = await server.app.get(SessionsService).open(user, origin, { refresh: false });
  return server.socket(`/v1/connect?token=${token}`, { 'x-forwarded-for': address });
}

interface Tested {
  /** Names of which the attacker has learned whether somebody has them. */
  names: number;
  refused: number;
  longestWaitSec: number;
}

/** Sends `commands` times a command with a thousand names, without waiting for answers, and counts what it has learned. */
async function testNames(socket: RawSocket, commands: number, namesOf: (command: number) => string[]): Promise<Tested> {
  const tested: Tested = { names: 0, refused: 0, longestWaitSec: 0 };
  const payload = (i: number) => ({ chat_type: 'group', members: namesOf(i) });
  for (let i = 0; i < commands; i++) {
    socket.send({ type: 'command', v: 1, request_id: `t-${i}`, domain: 'chat', command: 'create', payload: payload(i) });
  }
  for (let i = 0; i < commands; i++) {
    const { success, code, retry_after } = await socket.nextThat(({ request_id: id }) => String(id).startsWith('t-'), 60_000);
    if (success || code === 'invalid_payload') {
      tested.names += NAMES;
      continue;
    }
    // A machine that is busy with other tests may not come to a few of them.
    expect(['too_many_requests', 'unavailable']).toContain(code);
    tested.refused += 1;
    tested.longestWaitSec = Math.max(tested.longestWaitSec, retry_after);
  }
  return tested;
}

const madeUp = (command: number): string[] => Array.from({ length: NAMES }, (_unused, i) => `made-up-${command}-${i}`);

describe('testing a list of user names', () => {
  it('shows five thousand names an hour to one socket at most, where it was 166,000 a second', async () => {
    const [attacker = ''] = await makeUsers(1);
    const socket = await openAs(attacker, '192.0.2.1');
    const { names, refused, longestWaitSec } = await testNames(socket, 200, madeUp);
    expect(names).toBeGreaterThan(0);
    expect(names).toBeLessThanOrEqual(5_000);
    expect(refused).toBe(200 - names / NAMES);
    // Until the hour of the quota ends, not until the next frames may come.
    const { code, retry_after: wait } = await socket.command('chat.create', { chat_type: 'group', members: ['anybody'] });
    const left = 3_600 - (Math.floor(Date.now() / 1000) % 3_600);
    expect(code).toBe('too_many_requests');
    expect(Math.abs(wait - left)).toBeLessThanOrEqual(2);
    expect(longestWaitSec).toBeGreaterThanOrEqual(wait);
    socket.terminate();
  }, 60_000);

  it('shows no more where all of them are somebody’s', async () => {
    const [attacker = '', ...known] = await makeUsers(1 + NAMES);
    const socket = await openAs(attacker, '192.0.2.2');
    const { names } = await testNames(socket, 20, () => known);
    expect(names).toBeGreaterThan(0);
    expect(names).toBeLessThanOrEqual(5_000);
    socket.terminate();
  }, 60_000);

  it('shows fifty thousand names an hour to one address at most, through however many accounts', async () => {
    const attackers = await makeUsers(30);
    const sockets = await Promise.all(attackers.map((name) => openAs(name, '192.0.2.3')));
    const tested = await Promise.all(sockets.map((socket) => testNames(socket, 5, madeUp)));
    const names = tested.reduce((sum, one) => sum + one.names, 0);
    expect(names).toBeLessThanOrEqual(50_000);
    for (const socket of sockets) socket.terminate();
  }, 120_000);
});

describe('ordinary use', () => {
  it('of a group of five thousand, made in steps of a thousand, is within the quotas', async () => {
    const fresh = await TestServer.start();
    try {
      const rows = await runSql<{ username: string }>(
        fresh.database.url,
        `INSERT INTO users (username, username_fold, username_skeleton, username_lookalike, password_hash)
         SELECT 'm' || n, 'm' || n, 'm' || n, 'm' || n, '-' FROM generate_series(1, 4999) n RETURNING username`,
      );
      const names = rows.map(({ username }) => username);
      const owner = await fresh.user();
      const made = await owner.client.post('/api/v1/chats', { chat_type: 'group', members: names.slice(0, NAMES) });
      expect(made.status).toBe(200);
      for (let from = NAMES; from < names.length; from += NAMES) {
        const payload = { chat_id: made.body.chat_id, members: names.slice(from, from + NAMES) };
        expect((await owner.client.post('/api/v1/commands/chat/add_members', payload)).status).toBe(200);
      }
      expect((await owner.client.get(`/api/v1/chats/${made.body.chat_id}`)).body.members).toHaveLength(5_000);
    } finally {
      await fresh.stop();
    }
  }, 60_000);
});

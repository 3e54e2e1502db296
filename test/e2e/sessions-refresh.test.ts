import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LastUse } from '../../src/auth/last-use.js';
import type { IssuedTokens, SessionsService } from '../../src/auth/sessions.service.js';
import { MAX_LOST } from '../../src/identity/identity.js';
import { TokenReader } from '../../src/realtime/ports.js';
import type { User } from '../../src/users/user.entity.js';
import { type AccountsApp, codeOf, HERE, member, newDataDir, originFrom, PASSWORD, startNode } from '../support/accounts.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { until } from '../support/until.js';

let database: TestDatabase;
let one: AccountsApp;
let two: AccountsApp;
let user: User;

beforeAll(async () => {
  database = await createDatabase();
  const variables = { DATA_DIR: await newDataDir() };
  one = await startNode(database, variables);
  two = await startNode(database, { ...variables, DATABASE_POOL: '3' });
  await member(one, 'alice');
  user = await one.accounts.verifyCredentials('alice', PASSWORD, HERE);
});
afterAll(async () => {
  await Promise.all([one?.stop(), two?.stop()]);
  await database?.drop();
});

let opened: IssuedTokens;
beforeEach(async () => {
  opened = await one.sessions.open(user, HERE, { refresh: true });
});

const tokenOf = ({ refreshToken }: IssuedTokens): string => refreshToken ?? '';
const rotate = (node: AccountsApp, token: string): Promise<IssuedTokens> => node.sessions.rotate(token, HERE);
const isGood = async (node: AccountsApp, token: string): Promise<boolean> =>
  (await node.app.get(TokenReader).identify(token)) !== null;
const BAD = { code: 'bad_refresh_token' };

async function sessionRow(id: string) {
  const [row] = await one.sql.rows<{ revoked_reason: string | null; unspent: number }>(
    `SELECT revoked_reason, (SELECT count(*) FROM refresh_tokens t WHERE t.session_id = s.id AND t.spent_at IS NULL) AS unspent
     FROM sessions s WHERE id = $1`,
    [id],
  );
  return row;
}

const reuses = async (): Promise<number> => (await one.sql.rows(`SELECT 1 FROM audit_log WHERE action = 'refresh_reuse'`)).length;

/** Waits until that many statements of this database wait for a lock. */
const blocked = (count: number) =>
  until(async () => {
    const waiting = await one.sql.rows(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return waiting.length >= count;
  });

describe('a refresh token', () => {
  test('is good once, for a token of the same session', async () => {
    const next = await rotate(one, tokenOf(opened));
    expect(next.session).toBe(opened.session);
    expect(next.refreshToken).not.toBe(opened.refreshToken);
    expect(next.token).not.toBe(opened.token);
    // The access token from before stays good until it runs out.
    expect(await isGood(two, opened.token)).toBe(true);
    expect(await isGood(two, next.token)).toBe(true);
    expect(await rotate(two, tokenOf(next))).toBeTruthy();
  });

  test('that is used a second time is theft: the session and its newest tokens are dead', async () => {
    const before = await reuses();
    const next = await rotate(one, tokenOf(opened));
    const newest = await rotate(two, tokenOf(next));
    await expect(rotate(one, tokenOf(opened))).rejects.toMatchObject(BAD);
    expect(await sessionRow(opened.session.id)).toMatchObject({ revoked_reason: 'refresh_reuse' });
    expect(opened.session.state).toBe('dead');
    for (const token of [opened.token, next.token, newest.token]) {
      expect(await isGood(one, token)).toBe(false);
      await until(async () => !(await isGood(two, token)), 1000);
    }
    await expect(rotate(two, tokenOf(newest))).rejects.toMatchObject(BAD);
    await expect(rotate(one, tokenOf(opened))).rejects.toMatchObject(BAD);
    expect(await reuses()).toBe(before + 1);
  });

  test('is refused when it is unknown, expired or no such thing', async () => {
    const access = opened.token;
    for (const token of [
      '',
      'x',
      'A'.repeat(43),
      'A'.repeat(42) + 'B',
      'A'.repeat(44),
      access,
      '\0',
      'é'.repeat(43),
      'A'.repeat(100_000),
    ]) {
      await expect(rotate(one, token), token.slice(0, 50)).rejects.toMatchObject(BAD);
    }
    await one.sql.rows('UPDATE refresh_tokens SET expires_at = now() WHERE session_id = $1', [opened.session.id]);
    await expect(rotate(one, tokenOf(opened))).rejects.toMatchObject(BAD);
    expect(await sessionRow(opened.session.id)).toMatchObject({ revoked_reason: null });
    expect(await isGood(one, tokenOf(opened))).toBe(false);
  });

  test('is 256 random bits, kept only as a hash', async () => {
    const many = await Promise.all(Array.from({ length: 1000 }, () => one.sessions.open(user, HERE, { refresh: true })));
    const tokens = many.map(tokenOf);
    expect(new Set(tokens).size).toBe(1000);
    for (const token of tokens) expect(Buffer.from(token, 'base64url').length).toBe(32);
    for (const table of ['sessions', 'refresh_tokens', 'audit_log']) {
      const rows = await one.sql.rows<{ text: string }>(`SELECT t::text AS text FROM ${table} t`);
      const text = rows.map((row) => row.text).join('\n');
      for (const token of tokens.slice(0, 20)) {
        expect(text.includes(token)).toBe(false);
        expect(text.includes(Buffer.from(token, 'base64url').toString('hex'))).toBe(false);
      }
    }
  });
});

describe('of simultaneous uses of a refresh token', () => {
  const fulfilled = <T>(outcomes: PromiseSettledResult<T>[]): T[] =>
    outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));

  test('ten on one node, one wins, and its session lives until the token is used again after its successor', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => rotate(one, tokenOf(opened))));
    const [winner, ...others] = fulfilled(outcomes);
    expect(others).toEqual([]);
    if (!winner) throw new Error('nobody won');
    expect(await isGood(one, winner.token)).toBe(true);
    expect(await sessionRow(opened.session.id)).toEqual({ revoked_reason: null, unspent: 1 });
    const next = await rotate(two, tokenOf(winner));
    await expect(rotate(one, tokenOf(opened))).rejects.toMatchObject(BAD);
    expect(await isGood(one, next.token)).toBe(false);
  });

  test('sixty-four on two nodes, exactly one wins', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 64 }, (_, n) => rotate(n % 2 ? one : two, tokenOf(opened))));
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(BAD);
    const [winner, ...others] = fulfilled(outcomes);
    expect(others).toEqual([]);
    expect(winner).toBeDefined();
    expect(await sessionRow(opened.session.id)).toMatchObject({ unspent: 1 });
  });

  test('one that begins after the token was spent, but before that was committed and answered, does not end the session', async () => {
    // Holds each rotation at its very end, for as long as somebody holds the lock.
    await one.sql.rows(
      `CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END $$`,
    );
    await one.sql.rows('CREATE TRIGGER held AFTER INSERT ON refresh_tokens FOR EACH ROW EXECUTE FUNCTION held()');
    try {
      let first: Promise<IssuedTokens> | undefined;
      const others: Promise<string>[] = [];
      await one.sql.transaction(async (tx) => {
        await tx.rows('SELECT pg_advisory_xact_lock(42)');
        first = rotate(one, tokenOf(opened));
        await blocked(1);
        others.push(codeOf(rotate(two, tokenOf(opened))), codeOf(rotate(one, tokenOf(opened))));
        await blocked(3);
        // Two batches of this node are under way: this one waits in its memory, and goes out after the commit.
        others.push(codeOf(rotate(one, tokenOf(opened))));
      });
      expect(await Promise.all(others)).toEqual(['bad_refresh_token', 'bad_refresh_token', 'bad_refresh_token']);
      expect(await isGood(one, (await first)?.token ?? '')).toBe(true);
      expect(await sessionRow(opened.session.id)).toEqual({ revoked_reason: null, unspent: 1 });
    } finally {
      await one.sql.rows('DROP TRIGGER held ON refresh_tokens');
    }
  });
});

describe('a spent refresh token that is sent again because its answer was lost', () => {
  const age = (seconds: number) =>
    one.sql.rows('UPDATE refresh_tokens SET spent_at = spent_at - make_interval(secs => $2) WHERE session_id = $1', [
      opened.session.id,
      seconds,
    ]);

  test('gets another successor, and what the lost answer carried is worthless on every node', async () => {
    const lost = await rotate(one, tokenOf(opened));
    expect(await isGood(two, lost.token)).toBe(true);
    const again = await rotate(two, tokenOf(opened));
    expect(again.session.id).toBe(opened.session.id);
    expect(await isGood(two, lost.token)).toBe(false);
    await until(async () => !(await isGood(one, lost.token)), 1_000);
    // The access token from before goes on, as it does after any refresh.
    for (const node of [one, two]) {
      expect(await isGood(node, opened.token)).toBe(true);
      expect(await isGood(node, again.token)).toBe(true);
    }
    expect(await sessionRow(opened.session.id)).toEqual({ revoked_reason: null, unspent: 1 });
    const next = await rotate(one, tokenOf(again));
    expect(await isGood(one, next.token)).toBe(true);
  });

  test('does so any number of times, each answer taking the place of the one before', async () => {
    const answers: IssuedTokens[] = [];
    for (let round = 0; round < 3; round += 1) answers.push(await rotate(round % 2 ? two : one, tokenOf(opened)));
    const last = answers.pop();
    for (const { token } of answers) await until(async () => !(await isGood(one, token)) && !(await isGood(two, token)), 1_000);
    expect(await isGood(one, last?.token ?? '')).toBe(true);
    expect((await rotate(two, last?.refreshToken ?? '')).session.id).toBe(opened.session.id);
  });

  test('is theft once the successor was used', async () => {
    const next = await rotate(one, tokenOf(opened));
    await rotate(two, tokenOf(next));
    await expect(rotate(one, tokenOf(opened))).rejects.toMatchObject(BAD);
    expect(await sessionRow(opened.session.id)).toMatchObject({ revoked_reason: 'refresh_reuse' });
  });

  test('is theft once its time is over', async () => {
    const next = await rotate(one, tokenOf(opened));
    await age(10);
    await expect(rotate(two, tokenOf(opened))).rejects.toMatchObject(BAD);
    expect(await sessionRow(opened.session.id)).toMatchObject({ revoked_reason: 'refresh_reuse' });
    await until(async () => !(await isGood(one, next.token)), 1_000);
  });

  test('reveals a thief: the successor that was replaced ends the session when it is used', async () => {
    const ofThief = await rotate(one, tokenOf(opened));
    const ofOwner = await rotate(two, tokenOf(opened));
    await expect(rotate(one, tokenOf(ofThief))).rejects.toMatchObject(BAD);
    expect(await sessionRow(opened.session.id)).toMatchObject({ revoked_reason: 'refresh_reuse' });
    await until(async () => !(await isGood(two, ofOwner.token)), 1_000);
  });

  test('by ten at once on two nodes wins once', async () => {
    await rotate(one, tokenOf(opened));
    const codes = await Promise.all(Array.from({ length: 10 }, (_, n) => codeOf(rotate(n % 2 ? one : two, tokenOf(opened)))));
    expect(codes.filter((code) => code === 'ok')).toHaveLength(1);
    expect(await sessionRow(opened.session.id)).toEqual({ revoked_reason: null, unspent: 1 });
  });

  test('is theft at once where LOST_ANSWER_SEC is 0', async () => {
    const strict = await startNode(database, { DATA_DIR: await newDataDir(), LOST_ANSWER_SEC: '0' });
    try {
      await rotate(strict, tokenOf(opened));
      await expect(rotate(strict, tokenOf(opened))).rejects.toMatchObject(BAD);
      expect(await sessionRow(opened.session.id)).toMatchObject({ revoked_reason: 'refresh_reuse' });
    } finally {
      await strict.stop();
    }
  });

  test('gets a successor although the node that spent it is gone before it answered', async () => {
    await rotate(one, tokenOf(opened));
    const unanswered = `UPDATE refresh_tokens SET offered_at = now() - make_interval(secs => $2) WHERE session_id = $1 AND successor IS NOT NULL`;
    await one.sql.rows(unanswered, [opened.session.id, 0]);
    await expect(rotate(two, tokenOf(opened))).rejects.toMatchObject(BAD);
    await one.sql.rows(unanswered, [opened.session.id, 3]);
    expect(await isGood(two, (await rotate(two, tokenOf(opened))).token)).toBe(true);
  });

  test('forgets the oldest of many lost answers together with all that came before them', async () => {
    const lost: IssuedTokens[] = [];
    for (let round = 0; round < MAX_LOST + 2; round += 1) {
      await age(-1);
      lost.push(await rotate(one, tokenOf(opened)));
    }
    const last = lost.pop();
    for (const { token } of [opened, ...lost]) expect(await isGood(one, token)).toBe(false);
    expect(await isGood(one, last?.token ?? '')).toBe(true);
  });
});

describe('a refresh that races', () => {
  test('a log-out leaves no survivor', async () => {
    for (let round = 0; round < 20; round++) {
      const tokens = await one.sessions.open(user, HERE, { refresh: true });
      const [rotated] = await Promise.allSettled([
        rotate(round % 2 ? one : two, tokenOf(tokens)),
        one.sessions.end(tokenOf(tokens), HERE),
      ]);
      expect(await sessionRow(tokens.session.id)).toMatchObject({ revoked_reason: 'logout' });
      expect(await isGood(one, tokens.token)).toBe(false);
      if (rotated?.status !== 'fulfilled') continue;
      await expect(rotate(two, tokenOf(rotated.value))).rejects.toMatchObject(BAD);
      await until(async () => !(await isGood(two, rotated.value.token)), 1000);
    }
  });

  test('the end of all sessions leaves no survivor', async () => {
    const bob = await member(one, 'bob');
    const account = await one.accounts.verifyCredentials('bob', PASSWORD, HERE);
    const many = await Promise.all(Array.from({ length: 20 }, () => one.sessions.open(account, HERE, { refresh: true })));
    const settled = Promise.allSettled(many.map((tokens, n) => rotate(n % 2 ? one : two, tokenOf(tokens))));
    await one.sessions.revokeAll(bob.userId, 'ended_by_user', bob, HERE);
    for (const outcome of await settled) {
      if (outcome.status === 'fulfilled') await expect(rotate(one, tokenOf(outcome.value))).rejects.toMatchObject(BAD);
    }
    expect(await one.sessions.list(bob.userId)).toEqual([]);
  });

  test('everything else finds its locks in one order', async () => {
    const account = await (async () => {
      await member(one, 'carol');
      return one.accounts.verifyCredentials('carol', PASSWORD, HERE);
    })();
    let tokens = await Promise.all(Array.from({ length: 40 }, () => one.sessions.open(account, HERE, { refresh: true })));
    for (let round = 0; round < 5; round++) {
      const nodes = [one, two];
      const work: Promise<unknown>[] = [];
      const rotations = Promise.all(tokens.map((issued, n) => rotate(nodes[(n + round) % 2] as AccountsApp, tokenOf(issued))));
      for (const node of nodes) {
        for (const { token } of tokens) work.push(Promise.resolve(node.app.get(TokenReader).identify(token)));
        work.push(node.app.get(LastUse).flush());
      }
      const doomed = await one.sessions.open(account, HERE, { refresh: true });
      work.push(
        two.sql.transaction((tx) => two.sessions.revokeAllIn(tx, 999_999, 'deactivated')),
        one.sessions.end(tokenOf(doomed), HERE),
      );
      tokens = await rotations;
      await Promise.all(work);
    }
    const revoked = two.sql.transaction((tx) => two.sessions.revokeAllIn(tx, account.id, 'deactivated'));
    const last = await Promise.all(tokens.map((issued) => codeOf(rotate(one, tokenOf(issued)))));
    expect((await revoked).length).toBeGreaterThanOrEqual(40);
    for (const code of last) expect(['ok', 'bad_refresh_token']).toContain(code);
  });
});

test('a batch of many is answered each by itself', async () => {
  const many = await Promise.all(Array.from({ length: 60 }, () => one.sessions.open(user, HERE, { refresh: true })));
  const stolen = many.filter((_, n) => n % 3 === 0);
  const next = await Promise.all(stolen.map((tokens) => rotate(one, tokenOf(tokens))));
  await Promise.all(next.map((tokens) => rotate(one, tokenOf(tokens))));
  const hostile = { ...originFrom('192.0.2.9'), userAgent: 'a\0b\ud800c' };
  const codes = await Promise.all(many.map((tokens, n) => codeOf((n % 5 ? one : two).sessions.rotate(tokenOf(tokens), hostile))));
  codes.forEach((code, n) => expect(code, String(n)).toBe(n % 3 === 0 ? 'bad_refresh_token' : 'ok'));
  const rows = await Promise.all(many.map(({ session }) => sessionRow(session.id)));
  rows.forEach((row, n) => expect(row?.revoked_reason ?? null, String(n)).toBe(n % 3 === 0 ? 'refresh_reuse' : null));
});

test('of a session with a stolen and a good token in one batch, nothing survives', async () => {
  const next = await rotate(one, tokenOf(opened));
  const sessions: SessionsService = one.sessions;
  const codes = await Promise.all([codeOf(sessions.rotate(tokenOf(next), HERE)), codeOf(rotate(one, tokenOf(opened)))]);
  expect(codes).toEqual(['bad_refresh_token', 'bad_refresh_token']);
  expect(await sessionRow(opened.session.id)).toMatchObject({ revoked_reason: 'refresh_reuse' });
});

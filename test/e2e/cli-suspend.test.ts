import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newDataDir } from '../support/accounts.js';
import { Cli } from '../support/cli.js';
import { createDatabase, runSql, type TestDatabase } from '../support/database.js';
import { readOutbox } from '../support/mail.js';
import { logInStatus } from '../support/moderation.js';
import { type Account, TestServer } from '../support/server.js';

/** A process of its own takes a while to start on a busy machine; each test runs a few. */
const PATIENCE = 120_000;
const END = '2034-02-11T08:00:00Z';

let cli: Cli;
let database: TestDatabase;
let dataDir: string;
let server: TestServer;
let root: Account;
beforeAll(async () => {
  [database, dataDir] = await Promise.all([createDatabase(), newDataDir()]);
  cli = await Cli.make({ DATABASE_URL: database.url, DATA_DIR: dataDir, APP_SECRET: 'a secret of thirty-two bytes at least' });
  server = await TestServer.start({ database });
  root = await server.user({ isSuperuser: true });
}, PATIENCE);
afterAll(async () => {
  await server?.stop();
  await cli?.close();
  await database?.drop();
  await rm(dataDir, { recursive: true, force: true });
});

describe('users suspend', { timeout: PATIENCE }, () => {
  it('shuts an account out of a server that runs, and users unsuspend lets it in again', async () => {
    const one = await server.user();
    const socket = await server.socket('/v1/connect', { authorization: `Bearer ${one.tokens.token}` });
    const done = await cli.run(['users', 'suspend', one.username, '--until', END, '--reason', 'Spam']);
    expect(done).toEqual({
      code: 0,
      out: `${one.username} (id ${one.id}) is suspended until ${END}; its sessions are over.\n`,
      err: '',
    });
    expect((await socket.closed).code).toBe(4401);
    expect(await logInStatus(server, one)).toBe(401);
    const shown = { suspended_until: END, suspension_reason: 'Spam', is_active: true };
    expect(await cli.json(['users', 'show', one.username])).toMatchObject({ user: shown });
    expect((await cli.run(['users', 'show', one.username])).out).toMatch(
      /^suspended until +2034-02-11T08:00:00Z\nsuspension reason +Spam$/m,
    );
    expect((await cli.run(['users', 'list', '--q', one.username])).out).toMatch(/SUSPENDED UNTIL\n.*2034-02-11T08:00:00Z\n$/);
    const [mail] = (await readOutbox(dataDir)).filter(({ recipients }) => recipients.join().includes(one.email));
    expect(mail?.text).toContain('until 2034-02-11 08:00 UTC');
    expect(mail?.text).toContain('Reason: Spam');
    expect(await cli.json(['users', 'unsuspend', one.username])).toMatchObject({ changed: true, user: { id: one.id } });
    expect((await cli.run(['users', 'unsuspend', one.username])).out).toBe(`${one.username} (id ${one.id}) was not suspended.\n`);
    expect(await logInStatus(server, one)).toBe(200);
    const audit = await runSql(
      database.url,
      `SELECT action, actor_id, protocol, details FROM audit_log WHERE user_id = $1 AND action LIKE '%suspended' ORDER BY id`,
      [one.id],
    );
    expect(audit).toEqual([
      {
        action: 'user_suspended',
        actor_id: null,
        protocol: 'cli',
        details: { until: '2034-02-11T08:00:00.000Z', reason: 'Spam' },
      },
      { action: 'user_unsuspended', actor_id: null, protocol: 'cli', details: {} },
    ]);
  });

  it('takes spans, days and times with an offset', async () => {
    const { username } = await server.user();
    const endOf = async (until: string): Promise<number> => {
      const { user } = await cli.json(['users', 'suspend', username, '--until', until, '--reason', 'x']);
      return Date.parse(String(Reflect.get(user, 'suspended_until')));
    };
    const ahead = async (until: string): Promise<number> => (await endOf(until)) - Date.now();
    expect(Math.abs((await ahead('12h')) - 43_200_000)).toBeLessThan(60_000);
    expect(Math.abs((await ahead('10y')) - 3_650 * 86_400_000)).toBeLessThan(60_000);
    expect(await endOf('2033-02-28')).toBe(Date.parse('2033-02-28T00:00:00Z'));
    expect(await endOf('2033-02-28T08:00+02:00')).toBe(Date.parse('2033-02-28T06:00:00Z'));
  });

  it('refuses the last active superuser, an end that is past or too far away, and what it does not understand', async () => {
    const { username } = await server.user();
    const run = (account: string, until: string, reason = 'x'): ReturnType<Cli['run']> =>
      cli.run(['users', 'suspend', account, '--until', until, '--reason', reason]);
    expect(await run(root.username, '1d')).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(/^This is the last active superuser\.[^\n]*\n$/),
    });
    for (const until of ['2020-01-01', '11y']) {
      expect(await run(username, until)).toEqual({
        code: 1,
        out: '',
        err: expect.stringMatching(/^until: ensure this time is in the future[^\n]*\n$/),
      });
    }
    for (const until of ['tomorrow', '2033-02-30', '5m', '1', '2033-02-28T08:00:00']) {
      expect(await run(username, until), until).toMatchObject({
        code: 2,
        out: '',
        err: expect.stringContaining('Allowed is 12h, 30d'),
      });
    }
    expect(await run(username, '1d', '')).toMatchObject({ code: 1, err: 'reason: ensure this value has 1 to 500 characters\n' });
    expect(await cli.run(['users', 'suspend', username])).toMatchObject({ code: 2 });
    expect(await logInStatus(server, { username })).toBe(200);
  });
});

import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Mailer } from '../../src/auth/mailer.js';
import { RecoveryRequests } from '../../src/auth/recovery-requests.js';
import type { LiveSession, Origin } from '../../src/identity/identity.js';
import { codeOf, HERE, logIn, member, originFrom, PASSWORD, startAccounts, startNode } from '../support/accounts.js';
import { type ReadMail, readOutbox } from '../support/mail.js';

let node: Awaited<ReturnType<typeof startAccounts>>;
let root: LiveSession;
let count = 0;
const newOrigin = (): Origin => originFrom(`198.18.${Math.floor(++count / 250)}.${(count % 250) + 1}`);

beforeAll(async () => {
  node = await startAccounts({ LOGIN_THROTTLE: 'off', PUBLIC_URL: 'https://chat.example.com/app/', RECOVERY_TTL: '600' });
  root = await member(node, 'root', { isSuperuser: true });
});
afterAll(() => node.close());

/** Everything that was asked for so far has been worked off. */
async function settled(): Promise<void> {
  await node.app.get(RecoveryRequests).idle();
  await node.app.get(Mailer).idle();
}
async function mailsTo(address: string): Promise<ReadMail[]> {
  await settled();
  return (await readOutbox(node.dataDir)).filter(({ recipients }) => recipients.includes(address));
}
const tokenIn = (mail: ReadMail | undefined): string => /\/recover\?token=([\w-]+)/.exec(mail?.text ?? '')?.[1] ?? 'none';
async function askFor(username: string): Promise<string> {
  await node.recovery.request({ email: `${username}@example.com` }, newOrigin());
  return tokenIn((await mailsTo(`${username}@example.com`)).at(-1));
}
const isAlive = async ({ id }: LiveSession): Promise<boolean> =>
  (await node.sql.rows('SELECT 1 FROM sessions WHERE id = $1 AND revoked_at IS NULL', [id])).length > 0;

describe('the recovery mail', () => {
  it('says in two languages what to do, with the link of the settings', async () => {
    await member(node, 'reader');
    await node.recovery.request({ email: 'READER@example.com' }, HERE);
    const [mail, ...others] = await mailsTo('reader@example.com');
    expect(others).toEqual([]);
    expect(mail?.subject).toBe('Set a new password / Новый пароль');
    expect(mail?.headers.get('from')).toBe('Switchboard <no-reply@localhost>');
    const link = `https://chat.example.com/app/recover?token=${tokenIn(mail)}`;
    expect(tokenIn(mail)).toMatch(/^[\w-]{43}$/);
    expect(mail?.text.split(link)).toHaveLength(3);
    expect(mail?.text).toContain('for 10 minutes');
    expect(mail?.text).toContain('в течение 10 мин.');
    expect(mail?.html.split(`<a href="${link}">${link}</a>`)).toHaveLength(3);
  });

  it('lies in the outbox for nobody else to read', async () => {
    await member(node, 'private');
    await askFor('private');
    expect((await stat(join(node.dataDir, 'outbox'))).mode & 0o777).toBe(0o700);
    for (const { mode } of await readOutbox(node.dataDir)) expect(mode).toBe(0o600);
  });

  it('goes to the account’s own address, found by name too', async () => {
    await member(node, 'by-name');
    await node.recovery.request({ username: 'BY-NAME' }, HERE);
    expect(await mailsTo('by-name@example.com')).toHaveLength(1);
  });

  it('is not sent where there is no active account with an address, and nobody is told', async () => {
    const before = (await readOutbox(node.dataDir)).length;
    const inactive = await member(node, 'inactive');
    await node.accounts.update(inactive.userId, { is_active: false }, root, HERE);
    await node.accounts.register({ username: 'addressless', email: null, password: PASSWORD }, HERE);
    const targets = [
      { email: 'unknown@example.com' },
      { username: 'unknown' },
      { email: 'inactive@example.com' },
      { username: 'inactive' },
      { username: 'addressless' },
      { email: 'by-name@example.com\r\nBcc: thief@example.com' },
      { email: 'by-name@example.com, thief@example.com' },
      { email: 'x\0@example.com' },
      { username: '\ud800' },
    ];
    for (const target of targets) expect(await codeOf(node.recovery.request(target, newOrigin()))).toBe('ok');
    await settled();
    expect(await readOutbox(node.dataDir)).toHaveLength(before);
  });

  it('takes nothing out of an address but the address', async () => {
    await node.accounts.register({ username: 'quoted', email: '"thief@evil.example,x"@example.com', password: PASSWORD }, HERE);
    await node.recovery.request({ username: 'quoted' }, HERE);
    await settled();
    const mails = (await readOutbox(node.dataDir)).filter(({ raw }) => raw.includes('evil.example'));
    expect(mails).toHaveLength(1);
    expect(mails[0]?.headers.get('to')).toContain('@example.com');
    expect(mails[0]?.headers.has('bcc')).toBe(false);
    expect(mails[0]?.headers.has('cc')).toBe(false);
  });

  it('is no matter of the answer, which comes before anybody has looked', async () => {
    await member(node, 'quick');
    const timeOf = async (email: string): Promise<number> => {
      const origin = newOrigin();
      await settled();
      const started = performance.now();
      await node.recovery.request({ email }, origin);
      return performance.now() - started;
    };
    const known: number[] = [];
    const unknown: number[] = [];
    for (let round = 0; round < 20; round++) {
      known.push(await timeOf('quick@example.com'));
      unknown.push(await timeOf('quick-unknown@example.com'));
    }
    // A look-up alone would take longer.
    const median = (times: number[]): number => times.sort((a, b) => a - b)[10] ?? Number.NaN;
    expect(Math.abs(median(known) - median(unknown))).toBeLessThan(0.5);
    await settled();
  });
});

describe('a reset', () => {
  it('sets the password, ends every session, logs nobody in and tells the owner', async () => {
    const session = await member(node, 'reset');
    const other = (await logIn(node, 'reset')).session;
    const token = await askFor('reset');
    const sessions = async (): Promise<number> =>
      (await node.sql.rows('SELECT 1 FROM sessions WHERE user_id = $1', [session.userId])).length;
    const before = await sessions();
    expect(await node.recovery.reset(token, 'a brand new password', HERE)).toBeUndefined();
    expect(await isAlive(session)).toBe(false);
    expect(await isAlive(other)).toBe(false);
    expect(session.state).toBe('dead');
    expect(await sessions()).toBe(before);
    expect(await codeOf(logIn(node, 'reset'))).toBe('wrong_credentials');
    expect(await codeOf(logIn(node, 'reset', 'a brand new password'))).toBe('ok');
    const subjects = (await mailsTo('reset@example.com')).map(({ subject }) => subject);
    expect(subjects.at(-1)).toBe('Your password was changed / Ваш пароль изменён');
    const actions = await node.sql.rows<{ action: string }>('SELECT action FROM audit_log WHERE user_id = $1 ORDER BY id', [
      session.userId,
    ]);
    const names = actions.map(({ action }) => action);
    expect(names).toContain('password_reset_requested');
    expect(names).toContain('password_reset');
  });

  it('works once', async () => {
    await member(node, 'once');
    const token = await askFor('once');
    expect(await codeOf(node.recovery.reset(token, 'first new password', HERE))).toBe('ok');
    expect(await codeOf(node.recovery.reset(token, 'second new password', HERE))).toBe('bad_recovery_token');
    expect(await codeOf(logIn(node, 'once', 'first new password'))).toBe('ok');
  });

  it('works once for twenty who try at the same time, on two nodes', async () => {
    await member(node, 'twenty');
    const token = await askFor('twenty');
    const second = await startNode(node.database, { DATA_DIR: node.dataDir });
    try {
      const attempts = Array.from({ length: 20 }, (_, index) =>
        codeOf((index % 2 === 0 ? node : second).recovery.reset(token, `new password ${index}`, HERE)),
      );
      const codes = await Promise.all(attempts);
      expect(codes.filter((code) => code === 'ok')).toHaveLength(1);
      expect(codes.filter((code) => code === 'bad_recovery_token')).toHaveLength(19);
      expect(await codeOf(logIn(node, 'twenty', `new password ${codes.indexOf('ok')}`))).toBe('ok');
    } finally {
      await second.stop();
    }
  });

  it('takes the newest token only', async () => {
    await member(node, 'newest');
    const older = await askFor('newest');
    const newer = await askFor('newest');
    expect(newer).not.toBe(older);
    expect(await codeOf(node.recovery.reset(older, PASSWORD, HERE))).toBe('bad_recovery_token');
    expect(await codeOf(node.recovery.reset(newer, PASSWORD, HERE))).toBe('ok');
  });

  it('takes a token for RECOVERY_TTL only', async () => {
    const { userId } = await member(node, 'late');
    const token = await askFor('late');
    const [row] = await node.sql.rows<{ left: number }>(
      'SELECT extract(epoch FROM expires_at - now())::float8 AS left FROM recovery_tokens WHERE user_id = $1',
      [userId],
    );
    expect(row?.left).toBeGreaterThan(590);
    expect(row?.left).toBeLessThanOrEqual(600);
    await node.sql.affected('UPDATE recovery_tokens SET expires_at = now() WHERE user_id = $1', [userId]);
    expect(await codeOf(node.recovery.reset(token, PASSWORD, HERE))).toBe('bad_recovery_token');
  });

  it('refuses what is no token, without hashing a password for it', async () => {
    const bad = ['', 'none', 'x'.repeat(43), 'ä'.repeat(43), `${'x'.repeat(42)}\0`, 'x'.repeat(1_000_000), "' OR 1=1 --"];
    for (const token of bad) expect(await codeOf(node.recovery.reset(token, PASSWORD, HERE))).toBe('bad_recovery_token');
    // More than could wait to be hashed.
    const many = await Promise.all(
      Array.from({ length: 500 }, (_, index) => codeOf(node.recovery.reset(`${index}`.padStart(43, 'x'), PASSWORD, HERE))),
    );
    expect(new Set(many)).toEqual(new Set(['bad_recovery_token']));
  });

  it('is over when the password, the address or the account changed meanwhile', async () => {
    const changes = [{ password: 'changed by myself' }, { email: 'moved@example.com' }, { is_active: false }];
    for (const [index, change] of changes.entries()) {
      const session = await member(node, `changed-${index}`);
      const token = await askFor(`changed-${index}`);
      await node.accounts.update(session.userId, change, root, HERE);
      expect(await codeOf(node.recovery.reset(token, PASSWORD, HERE))).toBe('bad_recovery_token');
    }
    const gone = await member(node, 'gone');
    const token = await askFor('gone');
    await node.accounts.remove(gone.userId, root, HERE);
    expect(await codeOf(node.recovery.reset(token, PASSWORD, HERE))).toBe('bad_recovery_token');
  });

  it('leaves nothing usable in the database', async () => {
    const { userId } = await member(node, 'dumped');
    const token = await askFor('dumped');
    const [row] = await node.sql.rows<{ hash: Buffer }>('SELECT hash FROM recovery_tokens WHERE user_id = $1', [userId]);
    expect(row?.hash).toEqual(createHash('sha256').update(token).digest());
    const tables = await node.sql.rows<{ name: string }>("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'");
    for (const { name } of tables)
      expect(await node.sql.rows(`SELECT 1 FROM "${name}" AS t WHERE t::text LIKE $1`, [`%${token}%`])).toEqual([]);
    expect(await codeOf(node.recovery.reset(row?.hash.toString('base64url') ?? '', PASSWORD, HERE))).toBe('bad_recovery_token');
    expect(await codeOf(node.recovery.reset(row?.hash.toString('hex') ?? '', PASSWORD, HERE))).toBe('bad_recovery_token');
  });
});

describe('recovery through the owner', () => {
  it('gives a token to hand over and ends every session', async () => {
    const session = await member(node, 'assisted');
    const issued = await node.recovery.issueByOwner(session.userId, root, HERE);
    expect(issued).toEqual({ token: expect.stringMatching(/^[\w-]{43}$/) as unknown, expires_in: 600 });
    expect(await isAlive(session)).toBe(false);
    expect(session.state).toBe('dead');
    expect(await codeOf(node.recovery.reset(issued.token, 'handed over password', HERE))).toBe('ok');
    expect(await codeOf(logIn(node, 'assisted', 'handed over password'))).toBe('ok');
  });

  it('works for accounts without an address, and at the command line', async () => {
    const user = await node.accounts.register({ username: 'no-address', email: null, password: PASSWORD }, HERE);
    const { token } = await node.recovery.issueByOwner(user.id, null, null);
    expect(await codeOf(node.recovery.reset(token, 'handed over password', HERE))).toBe('ok');
  });

  it('takes the place of a token that was mailed before', async () => {
    const { userId } = await member(node, 'impatient');
    const mailed = await askFor('impatient');
    const { token } = await node.recovery.issueByOwner(userId, root, HERE);
    expect(await codeOf(node.recovery.reset(mailed, PASSWORD, HERE))).toBe('bad_recovery_token');
    expect(await codeOf(node.recovery.reset(token, PASSWORD, HERE))).toBe('ok');
  });

  it('is for superusers, by the table and not by what a session remembers', async () => {
    const plain = await member(node, 'no-owner');
    for (const by of [plain, { ...plain, isSuperuser: true }]) {
      expect(await codeOf(node.recovery.issueByOwner(root.userId, by, HERE))).toBe('forbidden');
      expect(await codeOf(node.recovery.issueByOwner(plain.userId, by, HERE))).toBe('forbidden');
    }
    expect(await isAlive(root)).toBe(true);
    expect(await codeOf(node.recovery.issueByOwner(999_999_999, root, HERE))).toBe('not_found');
  });
});

describe('asking again and again', () => {
  it('sends no mail after five requests for one account, says nothing of it, and the account is not locked', async () => {
    await member(node, 'pestered');
    const answers = async (email: string): Promise<string[]> => {
      const origin = newOrigin();
      const codes: string[] = [];
      for (let index = 0; index < 7; index++) codes.push(await codeOf(node.recovery.request({ email }, origin)));
      return codes;
    };
    const expected = Array(7).fill('ok');
    expect(await answers('pestered@example.com')).toEqual(expected);
    expect(await answers('unknown-pestered@example.com')).toEqual(expected);
    expect(await codeOf(node.recovery.request({ email: 'pestered@example.com' }, newOrigin()))).toBe('ok');
    expect(await codeOf(logIn(node, 'pestered'))).toBe('ok');
    expect(await mailsTo('pestered@example.com')).toHaveLength(6);
  });

  it('sends no mail after twenty requests from one address, and says nothing of it', async () => {
    await member(node, 'spread');
    const origin = newOrigin();
    for (let index = 0; index < 20; index++) await node.recovery.request({ email: `spread-${index}@example.com` }, origin);
    expect(await codeOf(node.recovery.request({ email: 'spread@example.com' }, origin))).toBe('ok');
    expect(await mailsTo('spread@example.com')).toEqual([]);
    await node.recovery.request({ email: 'spread@example.com' }, newOrigin());
    expect(await mailsTo('spread@example.com')).toHaveLength(1);
  });
});

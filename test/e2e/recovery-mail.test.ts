import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { rm } from 'node:fs/promises';
import { Mailer } from '../../src/auth/mailer.js';
import { RecoveryRequests } from '../../src/auth/recovery-requests.js';
import { codeOf, HERE, member, newDataDir, startAccounts, startNode } from '../support/accounts.js';
import { createDatabase } from '../support/database.js';
import { readOutbox, TestSmtp } from '../support/mail.js';
import { until } from '../support/until.js';

let smtp: TestSmtp;
let node: Awaited<ReturnType<typeof startAccounts>>;

beforeAll(async () => {
  smtp = await TestSmtp.start();
  node = await startAccounts({
    LOGIN_THROTTLE: 'off',
    SMTP_URL: smtp.url,
    MAIL_FROM: 'The Board <board@example.org>',
    PORT: '8123',
  });
});
afterAll(async () => {
  await node.close();
  await smtp.stop();
});
afterEach(() => {
  smtp.mails.length = 0;
  smtp.attempts = 0;
});

describe('mails by SMTP', () => {
  it('bring a recovery link that works', async () => {
    await member(node, 'remote');
    await node.recovery.request({ email: 'remote@example.com' }, HERE);
    const mail = await until(() => smtp.mails[0]);
    expect(mail.recipients).toEqual(['remote@example.com']);
    expect(mail.headers.get('from')).toBe('The Board <board@example.org>');
    const token = /http:\/\/localhost:8123\/recover\?token=([\w-]{43})/.exec(mail.text)?.[1] ?? '';
    expect(await codeOf(node.recovery.reset(token, 'password from afar', HERE))).toBe('ok');
    expect((await until(() => smtp.mails[1])).subject).toContain('Your password was changed');
    expect(await readOutbox(node.dataDir)).toEqual([]);
  });

  it('tell the owner of a change of password, at the address that was theirs until then', async () => {
    const session = await member(node, 'owner');
    await node.accounts.update(
      session.userId,
      { password: 'a very new password', email: 'taken-over@evil.example' },
      session,
      HERE,
    );
    await until(() => smtp.mails.length === 2);
    expect(smtp.mails.map(({ recipients }) => recipients)).toEqual([['owner@example.com'], ['owner@example.com']]);
    const subjects = smtp.mails.map(({ subject }) => subject).sort();
    expect(subjects[0]).toContain('Your e-mail address was changed');
    expect(subjects[1]).toContain('Your password was changed');
    expect(smtp.mails[0]?.text).toContain('owner');
  });

  it('say nothing of a change that did not come about', async () => {
    await member(node, 'rival');
    const session = await member(node, 'failing');
    const changes = { password: 'a very new password', username: 'RIVAL' };
    expect(await codeOf(node.accounts.update(session.userId, changes, session, HERE))).toBe('taken');
    await node.app.get(Mailer).idle();
    expect(smtp.attempts).toBe(0);
  });

  it('are tried again where the server refuses them for the time being', async () => {
    await member(node, 'retried');
    smtp.refusals = 1;
    await node.recovery.request({ email: 'retried@example.com' }, HERE);
    await until(() => smtp.mails[0]);
    expect(smtp.attempts).toBe(2);
  });

  it('are given up after three attempts, and nothing else suffers', async () => {
    const dead = await startAccounts({ LOGIN_THROTTLE: 'off', SMTP_URL: 'smtp://127.0.0.1:1' });
    try {
      const session = await member(dead, 'unreachable');
      const started = performance.now();
      await dead.accounts.update(session.userId, { password: 'a very new password' }, session, HERE);
      expect(performance.now() - started).toBeLessThan(900); // the first pause alone is a second
      expect(await codeOf(dead.recovery.request({ username: 'unreachable' }, HERE))).toBe('ok');
      await dead.app.get(RecoveryRequests).idle();
      expect(await codeOf(dead.accounts.verifyCredentials('unreachable', 'a very new password', HERE))).toBe('ok');
    } finally {
      await dead.close();
    }
  });
});

describe('mails at a shutdown', () => {
  it('still go out, with the links that were asked for', async () => {
    const database = await createDatabase();
    const dataDir = await newDataDir();
    try {
      const closing = await startNode(database, { LOGIN_THROTTLE: 'off', DATA_DIR: dataDir });
      const names = ['last-one', 'last-two', 'last-three'];
      for (const name of names) await member(closing, name);
      await Promise.all(names.map((username) => closing.recovery.request({ username }, HERE)));
      await closing.stop();
      const mails = await readOutbox(dataDir);
      expect(new Set(mails.map(({ recipients }) => recipients[0]))).toEqual(new Set(names.map((name) => `${name}@example.com`)));
      expect(mails).toHaveLength(names.length);
    } finally {
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it('do not hold it up for ever', async () => {
    const stuck = await TestSmtp.start();
    const database = await createDatabase();
    const dataDir = await newDataDir();
    try {
      const closing = await startNode(database, { DATA_DIR: dataDir, SMTP_URL: stuck.url });
      await member(closing, 'stuck');
      stuck.refusals = 1000;
      await closing.recovery.request({ username: 'stuck' }, HERE);
      await until(() => stuck.attempts === 1);
      const started = performance.now();
      await closing.stop();
      expect(performance.now() - started).toBeLessThan(6_000);
      // Its pauses ended, so that the mail had its three attempts before the end.
      expect(stuck.attempts).toBe(3);
    } finally {
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
      await stuck.stop();
    }
  });
});

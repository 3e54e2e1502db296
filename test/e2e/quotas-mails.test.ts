import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Mailer } from '../../src/auth/mailer.js';
import { RecoveryRequests } from '../../src/auth/recovery-requests.js';
import type { LiveSession, Origin } from '../../src/identity/identity.js';
import { Metrics } from '../../src/ops/metrics.js';
import { Quotas } from '../../src/quotas/quotas.js';
import { codeOf, HERE, member, originFrom, startAccounts } from '../support/accounts.js';
import { type ReadMail, readOutbox } from '../support/mail.js';

const LIMIT = 3;

let node: Awaited<ReturnType<typeof startAccounts>>;
let count = 0;
/** A client address from which nobody has ever logged in. */
const stranger = (): Origin => originFrom(`198.18.7.${++count}`);

beforeAll(async () => {
  node = await startAccounts({ LOGIN_THROTTLE: 'off', QUOTA_MAILS_PER_DAY: String(LIMIT) });
});
afterAll(() => node.close());

async function mailsTo(address: string): Promise<ReadMail[]> {
  await node.app.get(RecoveryRequests).idle();
  await node.app.get(Mailer).idle();
  return (await readOutbox(node.dataDir)).filter(({ recipients }) => recipients.includes(address));
}
const tokenIn = (mail: ReadMail | undefined): string => /\/recover\?token=([\w-]+)/.exec(mail?.text ?? '')?.[1] ?? 'none';
const setPassword = (session: LiveSession, password: string) => node.accounts.update(session.userId, { password }, session, HERE);
const setEmail = (session: LiveSession, email: string) => node.accounts.update(session.userId, { email }, session, HERE);

describe('mails that strangers ask for', () => {
  it('go to one address so often a day, whichever client address asks, and the answer is the same beyond that', async () => {
    await member(node, 'pestered');
    for (const email of ['pestered@example.com', 'nobody@example.com']) {
      for (let i = 0; i < LIMIT + 3; i++) expect(await codeOf(node.recovery.request({ email }, stranger()))).toBe('ok');
    }
    expect(await mailsTo('pestered@example.com')).toHaveLength(LIMIT);
    expect(await mailsTo('nobody@example.com')).toEqual([]);
  });

  it('leave the link of the last mail good when no further one is sent', async () => {
    await member(node, 'hurried');
    for (let i = 0; i < LIMIT + 3; i++) await node.recovery.request({ username: 'hurried' }, stranger());
    const token = tokenIn((await mailsTo('hurried@example.com')).at(-1));
    expect(await codeOf(node.recovery.reset(token, 'a very new password', HERE))).toBe('ok');
  });

  it('neither silence what warns the owner nor keep the owner from recovering the account', async () => {
    const session = await member(node, 'besieged');
    for (let i = 0; i < LIMIT + 3; i++) await node.recovery.request({ username: 'besieged' }, stranger());
    expect(await mailsTo('besieged@example.com')).toHaveLength(LIMIT);
    await setPassword(session, 'a very new password');
    expect((await mailsTo('besieged@example.com')).at(-1)?.subject).toContain('Your password was changed');
    // From where the account has logged in.
    await node.recovery.request({ username: 'besieged' }, HERE);
    expect(tokenIn((await mailsTo('besieged@example.com')).at(-1))).not.toBe('none');
  });
});

describe('mails that an account causes', () => {
  it('are so many a day, whatever it does, and are shown as used', async () => {
    const session = await member(node, 'restless');
    for (let i = 0; i < LIMIT + 2; i++) await setPassword(session, `password number ${i}`);
    expect(await mailsTo('restless@example.com')).toHaveLength(LIMIT);
    const usage = await node.app.get(Quotas).usage(session.userId);
    expect(usage.find(({ kind }) => kind === 'mails')).toMatchObject({ used: LIMIT, limit: LIMIT });
    const { text } = await node.app.get(Metrics).exposition();
    expect(Number(/switchboard_quota_refused_total\{kind="mails"\} (\d+)/.exec(text)?.[1])).toBeGreaterThanOrEqual(2);
  });

  it('are so many a day to one address, through whichever accounts', async () => {
    const accounts = [await member(node, 'first'), await member(node, 'second'), await member(node, 'third')];
    const target = 'target@example.com';
    for (const [i, session] of accounts.entries()) {
      await setEmail(session, target);
      await setPassword(session, `password number ${i}`);
      await setEmail(session, `away-${i}@example.com`);
    }
    expect(await mailsTo(target)).toHaveLength(LIMIT);
  });
});

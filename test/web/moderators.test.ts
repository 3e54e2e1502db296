import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf, VIEWS } from '../support/axe.js';
import { has } from '../support/capabilities.js';
import { makeGroup, say } from '../support/chats.js';
import { ConsoleBrowser, type VisitOptions, type Visitor } from '../support/console.js';
import { readOutbox } from '../support/mail.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** A page whose session has ended learns of it by being refused. */
const REFUSED = [/status of 401/];
/** Milliseconds within which somebody who is suspended is out. */
const AT_ONCE = 1_000;
const ENDED = 'Your session was ended. Sign in again to go on.';

describe.runIf(has.chromium)('superusers as moderators', { timeout: 60_000 }, () => {
  let server: TestServer;
  let browser: ConsoleBrowser;
  let owner: Account;
  beforeAll(async () => {
    server = await TestServer.start();
    owner = await server.user({ username: 'the-owner', isSuperuser: true });
    browser = await ConsoleBrowser.launch();
  });
  afterEach(() => browser.leave());
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  const signedIn = (account: Account, place: string, options?: VisitOptions): Promise<Visitor> =>
    browser.signedIn(server.url, account, place, options);

  /** Two people in a group. */
  async function pair(): Promise<{ alice: Account; bob: Account; chat: number }> {
    const [alice, bob] = [await server.user(), await server.user()];
    return { alice, bob, chat: await makeGroup(server.database.url, [alice.id, bob.id]) };
  }

  async function report({ client }: Account, about: object, reason = 'abuse'): Promise<number> {
    const { status, body } = await client.post<{ report_id: number }>('/api/v1/reports', { ...about, reason });
    expect(status).toBeLessThan(300);
    return body.report_id;
  }

  const notice = ({ page }: Visitor, text: string) => page.getByRole('alert').getByText(text);
  const queue = ({ page }: Visitor) => page.getByRole('list', { name: 'Reports' }).getByRole('listitem');
  const badge = ({ page }: Visitor) => page.getByRole('navigation').getByLabel(/^\d+ open reports?$/);
  const decide = async ({ page }: Visitor, action: string, dialog: string, reason: string, sure: string): Promise<void> => {
    await page.getByRole('button', { name: action }).click();
    const question = page.getByRole('dialog', { name: dialog });
    await question.getByRole('textbox', { name: /^Reason/ }).fill(reason);
    await question.getByRole('button', { name: sure, exact: true }).click();
    await question.waitFor({ state: 'detached' });
  };

  it('superusers see a report as soon as it is made, and delete the message for everybody', async () => {
    const { alice, bob, chat } = await pair();
    const [boss, there] = await Promise.all([signedIn(owner, '#/admin/reports'), signedIn(bob, `#/chats/${chat}`)]);
    await boss.page.getByText('No open reports').waitFor();
    expect(await badge(boss).count()).toBe(0);
    await say(alice, chat, 'Good morning!');
    const seq = await say(bob, chat, 'Something vile');
    await bob.client.send('PATCH', `/api/v1/chats/${chat}/messages/${seq}`, { content: 'Something nice' });
    await there.message('Something nice').waitFor();
    await report(alice, { chat_id: chat, seq, comment: 'It was worse at first' });

    const card = queue(boss).filter({ hasText: `${alice.username} reported a message from ${bob.username}` });
    await card.getByText('Something nice').waitFor();
    await card.getByText('Abuse or harassment').waitFor();
    expect(await badge(boss).innerText()).toBe('1');
    await card.getByRole('link').click();
    const evidence = boss.page.getByRole('region', { name: 'Evidence' });
    for (const text of ['Good morning!', 'Something nice', 'Something vile']) await evidence.getByText(text).waitFor();
    await boss.page.getByText('It was worse at first').waitFor();

    await decide(boss, 'Delete the message', 'Delete the message', 'Against the rules', 'Delete');
    await notice(boss, `The message of ${bob.username} is deleted`).waitFor();
    await there.messages.getByText('message deleted').waitFor();
    const decision = boss.page.getByRole('region', { name: 'Decision' });
    for (const text of ['Message deleted', 'the-owner', 'Against the rules']) await decision.getByText(text).waitFor();
    // The copy stays.
    expect(await evidence.getByText('Something vile').isVisible()).toBe(true);
    await badge(boss).waitFor({ state: 'detached' });
    await boss.page.getByRole('link', { name: 'All reports' }).click();
    await queue(boss).filter({ hasText: 'Message deleted' }).first().waitFor();
    await boss.open('#/admin/audit');
    await boss.page.getByText(`${owner.username} deleted a reported message from ${bob.username}`).waitFor();
  });

  it('a suspended user is out at once, learns why by mail, and comes in again when the suspension is ended', async () => {
    const { alice, bob, chat } = await pair();
    const id = await report(alice, { chat_id: chat, seq: await say(bob, chat, 'Buy watches!') }, 'spam');
    const [boss, there] = await Promise.all([
      // An end in the past is refused.
      signedIn(owner, `#/admin/reports/${id}`, { expected: [/status of 422/] }),
      signedIn(bob, '#/chats', { expected: REFUSED }),
    ]);
    const { page } = boss;
    await page.getByRole('button', { name: 'Suspend the user…' }).click();
    const question = page.getByRole('dialog', { name: `Suspend ${bob.username}` });
    const sure = question.getByRole('button', { name: 'Suspend', exact: true });
    expect(await sure.isDisabled()).toBe(true);
    await question.getByRole('textbox', { name: 'Reason' }).fill('Three warnings');
    await question.getByRole('combobox', { name: 'For' }).click();
    await page.getByRole('option', { name: '30 days' }).click();
    expect(await there.delayOf(ENDED, page, 'POST', () => sure.click())).toBeLessThan(AT_ONCE);
    await notice(boss, `${bob.username} is suspended`).waitFor();
    await expect(server.client().logIn(bob.username, PASSWORD)).rejects.toThrow('401');
    const mail = await until(async () =>
      (await readOutbox(server.dataDir)).find(({ recipients }) => recipients.join().includes(bob.email)),
    );
    expect(mail.text).toContain('Three warnings');

    await page.getByRole('region', { name: 'Report', exact: true }).getByRole('link', { name: bob.username }).click();
    await page.getByRole('heading', { name: bob.username }).getByText('suspended').waitFor();
    await page.getByText('Reason: Three warnings').waitFor();
    await page.getByRole('button', { name: 'End the suspension' }).click();
    await notice(boss, `${bob.username} may sign in again`).waitFor();
    expect((await server.client().logIn(bob.username, PASSWORD)).token).toBeTruthy();
    await page.getByText(`${owner.username} ended the suspension of ${bob.username}`).waitFor();

    await page.getByRole('button', { name: 'Suspend…' }).click();
    await question.getByRole('textbox', { name: 'Reason' }).fill('Again');
    await question.getByRole('combobox', { name: 'For' }).click();
    await page.getByRole('option', { name: 'until a time of your choice' }).click();
    expect(await sure.isDisabled()).toBe(true);
    await question.getByLabel('Until', { exact: true }).fill('2020-01-01T00:00');
    await sure.click();
    await question.locator('[aria-invalid=true]').waitFor();
    await question.getByLabel('Until', { exact: true }).fill(`${new Date().getFullYear() + 2}-01-01T00:00`);
    await sure.click();
    await page.getByText(/^Suspended until/).waitFor();
    await expect(server.client().logIn(bob.username, PASSWORD)).rejects.toThrow('401');
  });

  it('a report that one superuser dismisses closes in front of another', async () => {
    const { alice, bob } = await pair();
    const second = await server.user({ isSuperuser: true });
    const id = await report(alice, { user_id: bob.id }, 'impersonation');
    const [boss, other] = await Promise.all(
      [owner, second].map((account) => signedIn(account, `#/admin/reports/${id}`, { expected: [/status of 404/] })),
    );
    if (!boss || !other) throw new Error('both have signed in');
    await boss.page.getByText(`This report is about ${bob.username}, not about a single message.`).waitFor();
    expect(await boss.page.getByRole('button', { name: 'Delete the message' }).count()).toBe(0);
    await other.page.getByRole('button', { name: 'Dismiss the report' }).waitFor();
    await decide(boss, 'Dismiss the report', 'Dismiss the report', '', 'Dismiss');
    await notice(boss, 'The report is dismissed').waitFor();
    await other.page.getByRole('region', { name: 'Decision' }).getByText('the-owner').waitFor();
    expect(await other.page.getByRole('button', { name: 'Dismiss the report' }).count()).toBe(0);
    expect((await bob.client.get('/api/v1/users/me')).status).toBe(200);
    await boss.open(`#/admin/reports/${id + 1_000}`);
    await boss.page.getByText('There is no such report').waitFor();
  });

  it('a long queue is read page by page, open and closed reports apart', async () => {
    const { alice, bob, chat } = await pair();
    for (let count = 0; count < 35; count += 1) {
      const seq = await say(bob, chat, `message ${count}`);
      await report(alice, { chat_id: chat, seq }, 'spam');
    }
    const boss = await signedIn(owner, '#/admin/reports');
    await until(async () => (await queue(boss).count()) === 30);
    await boss.page.getByRole('button', { name: 'Older reports' }).click();
    await until(async () => (await queue(boss).count()) >= 35);
    expect(await queue(boss).first().innerText()).toContain('message 34');
    await boss.page.getByText('Closed', { exact: true }).click();
    await queue(boss).filter({ hasText: 'Dismissed' }).first().waitFor();
    expect(boss.page.url()).toContain('state=closed');
    await boss.page.reload();
    await queue(boss).filter({ hasText: 'Dismissed' }).first().waitFor();
  });

  describe.each(VIEWS)('in $colorScheme colours, $viewport.width wide', (view) => {
    it('the pages of moderators have no accessibility faults', async () => {
      const { alice, bob, chat } = await pair();
      await say(alice, chat, 'Good morning!');
      const id = await report(alice, { chat_id: chat, seq: await say(bob, chat, 'Buy watches!'), comment: 'Again' }, 'spam');
      const boss = await signedIn(owner, '#/admin/reports', view);
      const { page } = boss;
      const expectNoFaults = async (what: string): Promise<void> => expect(await faultsOf(boss), what).toEqual([]);
      await queue(boss).first().waitFor();
      await expectNoFaults('reports');
      await boss.open(`#/admin/reports/${id}`);
      await page.getByRole('button', { name: 'Suspend the user…' }).waitFor();
      await expectNoFaults('a report');
      await page.getByRole('button', { name: 'Suspend the user…' }).click();
      await page.getByRole('dialog').getByRole('combobox', { name: 'For' }).waitFor();
      await expectNoFaults('a decision');
      await page.getByRole('dialog').getByRole('textbox', { name: 'Reason' }).fill('Again');
      await page.getByRole('dialog').getByRole('button', { name: 'Suspend', exact: true }).click();
      await page.getByRole('region', { name: 'Decision' }).getByText('the-owner').waitFor();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await expectNoFaults('a closed report');
      await boss.open(`#/admin/users/${bob.id}`);
      await page.getByText(/^Suspended until/).waitFor();
      await expectNoFaults('somebody who is suspended');
      await page.getByRole('button', { name: 'End the suspension' }).click();
      await page.getByRole('button', { name: 'Suspend…' }).click();
      await page.getByRole('dialog').getByRole('combobox', { name: 'For' }).waitFor();
      await expectNoFaults('a suspension');
    });
  });
});

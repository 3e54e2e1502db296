import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Housekeeping } from '../../src/auth/housekeeping.js';
import { Dispatcher } from '../../src/commands/dispatcher.js';
import { CoreError } from '../../src/errors/catalogue.js';
import { runSql } from '../support/database.js';
import type { Parsed } from '../support/http-client.js';
import { codeOf, inSeconds, logInStatus, report, run, say, type Scene, sceneOf, TOMORROW } from '../support/moderation.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let server: TestServer;
let scene: Scene;
let seq: number;
let id: number;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());
beforeEach(async () => {
  scene = await sceneOf(server);
  seq = await say(scene.bob, scene.chatId, 'You fool');
  id = await report(scene.alice, { chat_id: scene.chatId, seq });
});

const resolve = (by: Account, payload: object): Promise<Parsed> => run(by, 'moderation.resolve', { report_id: id, ...payload });
const history = async (): Promise<Parsed[]> => (await run(scene.alice, 'chat.history', { chat_id: scene.chatId })).messages;
const auditOf = (action: string): Promise<object[]> =>
  runSql(server.database.url, `SELECT user_id::int, ip, details FROM audit_log WHERE action = $1 AND actor_id = $2`, [
    action,
    scene.root.id,
  ]);

describe('the queue', () => {
  it('comes newest first, page by page, each report once, while others are filed', async () => {
    const { root, bob } = scene;
    const reporters = await Promise.all(Array.from({ length: 5 }, () => server.user()));
    await run(scene.alice, 'chat.add_members', {
      chat_id: scene.chatId,
      members: reporters.map(({ username }) => username),
    });
    const filed: number[] = [];
    for (const reporter of reporters) filed.push(await report(reporter, { user_id: bob.id }));
    const seen: number[] = [];
    let cursor: string | null = null;
    do {
      const page: Parsed = await run(root, 'moderation.reports', { limit: 2, cursor });
      seen.push(...page.reports.map(({ report_id }: Parsed) => report_id));
      cursor = page.next_cursor;
      if (seen.length === 2) await report(scene.alice, { user_id: bob.id });
    } while (cursor !== null);
    expect(seen.slice(0, 6)).toEqual([...filed.toReversed(), id]);
    expect(seen).toEqual(seen.toSorted((a, b) => b - a));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('shows open or closed reports alone, and says how many are open on every page', async () => {
    const { root, bob, alice } = scene;
    const before = (await run(root, 'moderation.reports', { state: 'open', limit: 1 })).total_open;
    const other = await report(alice, { user_id: bob.id });
    await resolve(root, { action: 'dismiss' });
    const idsOf = async (state: string): Promise<number[]> =>
      (await run(root, 'moderation.reports', { state, limit: 200 })).reports.map(({ report_id }: Parsed) => report_id);
    expect(await idsOf('open')).toContain(other);
    expect(await idsOf('open')).not.toContain(id);
    expect(await idsOf('closed')).toContain(id);
    expect(await idsOf('closed')).not.toContain(other);
    const { status, body } = await root.client.get('/api/v1/reports?state=closed&limit=1');
    expect({ status, open: body.total_open, count: body.reports.length }).toEqual({ status: 200, open: before, count: 1 });
  });

  it('has pages without reports that say so', async () => {
    const page = await run(scene.root, 'moderation.reports', { state: 'open', cursor: '1' });
    expect(page).toEqual({ reports: [], next_cursor: null, total_open: expect.any(Number) });
    expect(await codeOf(scene.root, 'moderation.reports', { cursor: 'x' })).toBe('invalid_payload');
    expect(await codeOf(scene.root, 'moderation.reports', { limit: 201 })).toBe('invalid_payload');
  });

  it('is counted by a metric that follows it', async () => {
    const open = async (): Promise<number> => {
      const { body } = await server.client().get<string>('/metrics');
      return Number(/^switchboard_reports_open (\d+)$/m.exec(body)?.[1]);
    };
    const total = async (): Promise<number> => (await run(scene.root, 'moderation.reports', { limit: 1 })).total_open;
    const wanted = await total();
    expect(wanted).toBeGreaterThan(0);
    await until(async () => (await open()) === wanted);
    await resolve(scene.root, { action: 'dismiss' });
    await until(async () => (await open()) === wanted - 1);
  });
});

describe('deleting a reported message', () => {
  it('appends an entry to the log that members receive at once, from the superuser who is no member', async () => {
    const { root, alice, chatId } = scene;
    const socket = await server.socket('/v1/connect', { authorization: `Bearer ${alice.tokens.token}` });
    await socket.next();
    await socket.command('system.resume', { cursors: [{ chat_id: chatId, after_seq: seq }] });
    const answer = await resolve(root, { action: 'delete', reason: 'Insult' });
    expect(answer).toMatchObject({
      report_id: id,
      state: 'closed',
      resolution: { action: 'delete', note: 'Insult', until: null, by_id: root.id, by_name: root.username },
      message: { versions: [{ content: 'You fool' }] },
    });
    const event = await socket.nextThat((frame) => frame.event === 'deleted');
    expect(event.data).toMatchObject({
      chat_id: chatId,
      seq: seq + 1,
      target_seq: seq,
      from_id: root.id,
      from_name: root.username,
    });
    await socket.close();
    expect(await history()).toEqual([]);
    expect((await run(alice, 'chat.get', { chat_id: chatId })).last_seq).toBe(seq + 1);
    expect(await auditOf('report_resolved')).toEqual([
      { user_id: scene.bob.id, ip: '127.0.0.1', details: { report_id: id, action: 'delete' } },
    ]);
  });

  it('closes the report also where the message was deleted before, without another entry', async () => {
    const { root, bob, chatId } = scene;
    await run(bob, 'chat.delete', { chat_id: chatId, seq });
    expect(await resolve(root, { action: 'delete' })).toMatchObject({ state: 'closed', resolution: { action: 'delete' } });
    expect((await run(bob, 'chat.get', { chat_id: chatId })).last_seq).toBe(seq + 1);
  });

  it('loses no entry where its announcement fails: members receive it before the next entry', async () => {
    const { root, alice, bob, chatId } = scene;
    const socket = await server.socket('/v1/connect', { authorization: `Bearer ${alice.tokens.token}` });
    await socket.next();
    await socket.command('system.resume', { cursors: [{ chat_id: chatId, after_seq: seq }] });
    const dispatcher = server.app.get(Dispatcher);
    const run = dispatcher.run.bind(dispatcher);
    const spy = vi.spyOn(dispatcher, 'run').mockImplementation((call, caller) => {
      if (call.name === 'announce') throw new CoreError('unavailable');
      return run(call, caller);
    });
    try {
      expect(await resolve(root, { action: 'delete' })).toMatchObject({ state: 'closed' });
    } finally {
      spy.mockRestore();
    }
    await say(bob, chatId, 'the next');
    const events = [
      await socket.nextThat(({ domain }) => domain === 'chat'),
      await socket.nextThat(({ domain }) => domain === 'chat'),
    ];
    expect(events.map(({ event, data }) => [event, data.seq])).toEqual([
      ['deleted', seq + 1],
      ['message', seq + 2],
    ]);
    await socket.close();
  });

  it('works where nobody is left in the chat', async () => {
    const { root, alice, bob, chatId } = scene;
    for (const one of [alice, bob]) await run(one, 'chat.leave', { chat_id: chatId });
    await resolve(root, { action: 'delete' });
    const rows = await runSql<{ kind: string }>(
      server.database.url,
      'SELECT kind FROM messages WHERE chat_id = $1 ORDER BY seq',
      [chatId],
    );
    expect(rows.map(({ kind }) => kind)).toEqual(['message', 'left', 'left', 'deleted']);
  });

  it('is refused for a report of a user, which stays open', async () => {
    const { root, alice, bob } = scene;
    const other = await report(alice, { user_id: bob.id });
    const { status, body } = await root.client.post(`/api/v1/reports/${other}/resolve`, { action: 'delete' });
    expect({ status, body }).toEqual({ status: 409, body: { detail: 'The report is about no message' } });
    expect((await run(root, 'moderation.get_report', { report_id: other })).state).toBe('open');
  });
});

describe('suspending a reported author', () => {
  it('closes the report and shuts the author out, who learns the reason and the end', async () => {
    const { root, bob } = scene;
    const answer = await resolve(root, { action: 'suspend', reason: 'Insult', until: TOMORROW });
    expect(answer.resolution).toMatchObject({ action: 'suspend', note: 'Insult', until: TOMORROW });
    expect(await logInStatus(server, bob)).toBe(401);
    expect((await root.client.get(`/api/v1/users/${bob.id}`)).body).toMatchObject({
      suspended_until: `${TOMORROW.slice(0, 19)}Z`,
      suspension_reason: 'Insult',
    });
    expect(await auditOf('user_suspended')).toEqual([
      { user_id: bob.id, ip: '127.0.0.1', details: { until: TOMORROW, reason: 'Insult' } },
    ]);
    expect(await auditOf('report_resolved')).toMatchObject([{ details: { report_id: id, action: 'suspend' } }]);
    expect((await history()).length).toBe(1);
  });

  it('needs a reason, and an end that lies ahead', async () => {
    const { root } = scene;
    for (const wrong of [
      {},
      { reason: 'x' },
      { until: TOMORROW },
      { reason: '', until: TOMORROW },
      { reason: 'x', until: inSeconds(-1) },
    ]) {
      const payload = { report_id: id, action: 'suspend', ...wrong };
      expect(await codeOf(root, 'moderation.resolve', payload), JSON.stringify(wrong)).toBe('invalid_payload');
    }
    expect((await run(root, 'moderation.get_report', { report_id: id })).state).toBe('open');
  });

  it('is a conflict where the account is gone: the report stays open for another decision', async () => {
    const { root, bob } = scene;
    await bob.client.delete(`/api/v1/users/${bob.id}`);
    const body = { action: 'suspend', reason: 'x', until: TOMORROW };
    const { status, body: answer } = await root.client.post(`/api/v1/reports/${id}/resolve`, body);
    expect([status, answer.detail]).toEqual([409, 'The account is gone']);
    expect(await resolve(root, { action: 'delete' })).toMatchObject({ state: 'closed' });
  });

  it('is forbidden where the author is the superuser who decides', async () => {
    const { root, alice } = scene;
    const chatId = (await run(root, 'chat.create', { chat_type: 'personal', members: [alice.username] })).chat_id;
    const own = await report(alice, { chat_id: chatId, seq: await say(root, chatId, 'x') });
    const payload = { report_id: own, action: 'suspend', reason: 'x', until: TOMORROW };
    expect(await codeOf(root, 'moderation.resolve', payload)).toBe('forbidden');
    expect((await run(root, 'moderation.get_report', { report_id: own })).state).toBe('open');
  });
});

describe('two superusers who close a report at once', () => {
  it('never both succeed, and what the loser decided is not done', async () => {
    const { root, alice, bob, chatId } = scene;
    const second = await server.user({ isSuperuser: true });
    const decisions = [
      { action: 'delete' },
      { action: 'suspend', reason: 'x', until: TOMORROW },
      { action: 'dismiss' },
      { action: 'delete', reason: 'y' },
    ];
    const rounds: { readonly at: number; readonly reportId: number }[] = [];
    for (let round = 0; round < 6; round += 1) {
      const at = await say(bob, chatId, `message ${round}`);
      rounds.push({ at, reportId: await report(alice, { chat_id: chatId, seq: at }) });
    }
    for (const { at, reportId } of rounds) {
      const codes = await Promise.all(
        decisions.map((decision, index) =>
          codeOf(index % 2 ? second : root, 'moderation.resolve', { report_id: reportId, ...decision }),
        ),
      );
      expect(codes.toSorted()).toEqual(['conflict', 'conflict', 'conflict', 'ok']);
      const { action } = (await run(root, 'moderation.get_report', { report_id: reportId })).resolution;
      expect(action).toBe(decisions[codes.indexOf('ok')]?.action);
      expect(
        (await history()).some((message) => message.seq === at),
        action,
      ).toBe(action !== 'delete');
      const isSuspended = 'suspended_until' in (await root.client.get(`/api/v1/users/${bob.id}`)).body;
      expect(isSuspended, action).toBe(action === 'suspend');
      if (isSuspended) await run(root, 'moderation.unsuspend', { user_id: bob.id });
    }
  });

  it('one after the other get a conflict', async () => {
    await resolve(scene.root, { action: 'dismiss' });
    const { status, body } = await scene.root.client.post(`/api/v1/reports/${id}/resolve`, { action: 'delete' });
    expect({ status, body }).toEqual({ status: 409, body: { detail: 'The report is closed already' } });
    expect((await history()).length).toBe(1);
  });
});

describe('a superuser whose rights were taken away', () => {
  it('decides nothing any more, even if its session still remembers them', async () => {
    const second = await server.user({ isSuperuser: true });
    const close = codeOf(second, 'moderation.resolve', { report_id: id, action: 'delete' });
    const demoted = scene.root.client.put(`/api/v1/users/${second.id}`, { is_superuser: false });
    const [code] = await Promise.all([close, demoted]);
    expect(['ok', 'forbidden']).toContain(code);
    expect(await codeOf(second, 'moderation.resolve', { report_id: id, action: 'delete' })).toBe('forbidden');
  });
});

describe('closed reports', () => {
  it('are erased when their time is over, open ones never', async () => {
    const { root, alice, bob } = scene;
    const open = await report(alice, { user_id: bob.id });
    await resolve(root, { action: 'dismiss' });
    const age = (days: number): Promise<object[]> =>
      runSql(
        server.database.url,
        `UPDATE reports SET created_at = now() - interval '10 years', closed_at = now() - $2::int * interval '1 day'
         WHERE id = $1`,
        [id, days],
      );
    await age(179);
    await server.app.get(Housekeeping).purge();
    expect(await codeOf(root, 'moderation.get_report', { report_id: id })).toBe('ok');
    await age(181);
    await runSql(server.database.url, `UPDATE reports SET created_at = now() - interval '10 years' WHERE id = $1`, [open]);
    await server.app.get(Housekeeping).purge();
    expect(await codeOf(root, 'moderation.get_report', { report_id: id })).toBe('not_found');
    expect(await codeOf(root, 'moderation.get_report', { report_id: open })).toBe('ok');
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  CommandError,
  type ServerEvent,
  type State,
  type Switchboard,
  type WireFrame,
} from '../../clients/typescript/src/index.js';
import type { Parsed } from '../support/http-client.js';
import { logOf, makeGroup } from '../support/chats.js';
import { runSql } from '../support/database.js';
import { CARRIERS, entriesOf, kitFor, liveOver } from '../support/kit.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let server: TestServer;
const opened: { close(): unknown }[] = [];
beforeAll(async () => {
  server = await TestServer.start();
});
afterEach(async () => {
  for (const it of opened.splice(0)) await it.close();
});
afterAll(() => server.stop());

const failureOf = async (work: Promise<unknown>): Promise<CommandError> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CommandError)) throw new Error(`not a CommandError: ${String(error)}`);
  return error;
};

/** Writes messages into logs of which nobody has been told anything yet. */
const fillLogs = (chats: readonly number[], sender: number, count: number) =>
  runSql(
    server.database.url,
    `WITH written AS (INSERT INTO messages (chat_id, seq, kind, sender_id, content, content_type, created_at)
       SELECT chat, n, 'message', $2, 'text ' || n, 'text/plain', now() FROM unnest($1::bigint[]) AS chat, generate_series(1, $3::int) AS n)
     UPDATE chats SET last_seq = $3 WHERE id = ANY ($1)`,
    [chats, sender, count],
  );

describe.each(CARRIERS)('a live connection over %s', (carrier) => {
  /** A connection of a new account. */
  const connect = async () => {
    const account: Account = await server.user();
    const kit: Switchboard = await kitFor(server.url, account.username);
    const live = liveOver(carrier, kit);
    opened.push(live);
    return { account, kit, live };
  };

  /** A group of connections; its log is empty. */
  const groupOf = async (...members: Awaited<ReturnType<typeof connect>>[]): Promise<number> => {
    const [owner, ...others] = members;
    const names = others.map(({ account }) => account.username);
    const chat = await owner?.live.command('chat.create', { chat_type: 'group', members: names });
    // Those who were told of it are in it.
    for (const { live } of others) await live.command('chat.get', { chat_id: chat?.chat_id ?? 0 });
    return chat?.chat_id ?? 0;
  };

  it('runs commands, also those that were given before it was open', async () => {
    const { account, live } = await connect();
    expect(live.state).toBe('connecting');
    const answers = await Promise.all([live.command('system.whoami', {}), live.command('system.ping', { sent_at: 'then' })]);
    expect(answers[0]).toMatchObject({ user_id: account.id, username: account.username, protocol: carrier });
    expect(answers[1].sent_at).toBe('then');
    expect([live.state, live.retryAt, live.ending]).toEqual(['open', null, null]);
  });

  it('rejects what the server refuses, with all that it says', async () => {
    const { live } = await connect();
    const missing = await failureOf(live.command('chat.get', { chat_id: 987_654 }));
    expect([missing.code, missing.detail, missing.message]).toEqual(['not_found', 'Resource not found', 'Resource not found']);
    expect([missing.errors, missing.retryAfter]).toEqual([undefined, undefined]);
    const invalid = await failureOf(live.command('chat.send', { chat_id: 1, content: '' }));
    expect(invalid.code).toBe('invalid_payload');
    expect(invalid.errors).toEqual([{ loc: ['payload', 'content'], msg: expect.any(String), type: expect.any(String) }]);
    expect(await failureOf(live.send(987_654, 'Is anybody there?'))).toMatchObject({ code: 'not_found' });
  });

  it('gives up a command when its caller does, or its time is over', async () => {
    const { live } = await connect();
    const [before, during] = [new AbortController(), new AbortController()];
    before.abort(new Error('changed my mind'));
    await expect(live.command('system.ping', {}, { signal: before.signal })).rejects.toThrow('changed my mind');
    const asked = live.command('system.ping', {}, { signal: during.signal });
    during.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    expect((await failureOf(live.command('system.ping', {}, { timeoutMs: 0 }))).code).toBe('timeout');
    expect(await live.command('system.ping', { sent_at: 1 })).toMatchObject({ sent_at: 1 });
  });

  it('tells entries of chats that are followed in order, own ones as the log has them', async () => {
    const [one, other] = [await connect(), await connect()];
    const chat = await groupOf(one, other);
    const [mine, theirs] = [entriesOf(one.live), entriesOf(other.live)];
    for (const { live } of [one, other]) live.follow(chat, 0);
    const sent = await one.live.send(chat, 'Hello!', { clientMsgId: 'first', contentType: 'text/markdown' });
    expect(sent).toMatchObject({ chat_id: chat, seq: 1, duplicate: false });
    await other.live.command('chat.send', { chat_id: chat, content: 'Hello yourself!' });
    await one.live.command('chat.edit', { chat_id: chat, seq: 1, content: 'Good morning!' });
    await one.live.command('chat.delete', { chat_id: chat, seq: 1 });
    await other.live.command('chat.leave', { chat_id: chat });
    await until(() => mine.length === 5 && theirs.length === 5);
    const { data } = await one.kit.rest.POST('/api/v1/commands/chat/sync', { body: { chat_id: chat, after_seq: 0 } });
    // What was deleted meanwhile is erased by now.
    const places = (entries: readonly Parsed[]) =>
      entries.map(({ seq, kind, from_id, created_at }) => [seq, kind, from_id, created_at]);
    expect(places(mine)).toEqual(places(data?.data.messages ?? []));
    expect(places(theirs)).toEqual(places(mine));
    expect(mine.map(({ kind }) => kind)).toEqual(['message', 'message', 'edited', 'deleted', 'left']);
    // Said again under the same id it is the same message.
    expect(await one.live.send(chat, 'Hello!', { clientMsgId: 'first', contentType: 'text/markdown' })).toMatchObject({
      seq: 1,
      duplicate: true,
    });
    expect(mine).toHaveLength(5);
    await one.live.send(chat, 'Still here', { clientMsgId: 'second' });
    expect((await failureOf(one.live.send(chat, 'Other!', { clientMsgId: 'second' }))).code).toBe('conflict');
  });

  it('passes over what a blocked user writes, and misses nothing of the others', async () => {
    const [one, blocked, other] = [await connect(), await connect(), await connect()];
    const chat = await groupOf(one, blocked, other);
    const entries = entriesOf(one.live);
    const events: string[] = [];
    one.live.on('event', ({ name }) => events.push(name));
    one.live.follow(chat, 0);
    await one.live.command('contacts.block', { user_id: blocked.account.id });
    for (const [{ live }, content] of [
      [blocked, 'unseen'],
      [other, 'seen'],
      [blocked, 'unseen, too'],
    ] as const)
      await live.send(chat, content);
    await one.live.send(chat, 'the last');
    await until(() => entries.length === 2);
    expect(entries.map(({ seq, content }) => [seq, content])).toEqual([
      [2, 'seen'],
      [4, 'the last'],
    ]);
    expect(events).not.toContain('chat.withheld');
    // What was missed is passed over in the same way.
    const late = liveOver(carrier, one.kit);
    opened.push(late);
    const missed = entriesOf(late);
    late.follow(chat, 0);
    await until(() => missed.length === 2);
    await one.live.command('contacts.unblock', { user_id: blocked.account.id });
    const { messages } = await one.live.command('chat.history', { chat_id: chat });
    expect(messages.map(({ content }) => content)).toEqual(['unseen', 'seen', 'unseen, too', 'the last']);
  });

  it('tells entries of other chats as they come', async () => {
    const [one, other] = [await connect(), await connect()];
    const chat = await groupOf(one, other);
    const [mine, theirs] = [entriesOf(one.live), entriesOf(other.live)];
    await other.live.command('system.ping', {});
    await one.live.send(chat, 'Hello!');
    await one.live.command('chat.edit', { chat_id: chat, seq: 1, content: 'Good morning!' });
    await until(() => mine.length === 2 && theirs.length === 2);
    expect(theirs).toEqual(mine);
    // From here on none is left out or told again, whatever was told before.
    one.live.follow(chat, 1);
    await until(() => mine.length === 3);
    await other.live.send(chat, 'You, too!');
    await until(() => mine.length === 4);
    expect(mine.map(({ seq }) => seq)).toEqual([1, 2, 2, 3]);
    one.live.unfollow(chat);
    await other.live.send(chat, 'Still there?');
    await until(() => mine.length === 5);
  });

  it('fetches what is too much to be replayed', async () => {
    const one = await connect();
    const { account, live } = one;
    const chat = await groupOf(one);
    await fillLogs([chat], account.id, 700);
    const late = liveOver(carrier, await kitFor(server.url, account.username));
    opened.push(late);
    const heard: [seq: number, live: boolean][] = [];
    late.on('entry', ({ seq }, how) => heard.push([seq, how.live]));
    late.follow(chat, 5);
    await until(() => heard.length === 695);
    await live.send(chat, 'the last');
    await until(() => heard.length === 696);
    expect(heard.map(([seq]) => seq)).toEqual(Array.from({ length: 696 }, (_, index) => index + 6));
    expect([heard[0]?.[1], heard.at(-1)?.[1]]).toEqual([false, true]);
  });

  it('follows many chats at once, and leaves those that are none of its user', async () => {
    const account = await server.user();
    const rows = await runSql<{ id: string }>(
      server.database.url,
      `WITH made AS (INSERT INTO chats (chat_type, name) SELECT 'group', 'one of many' FROM generate_series(1, 150) RETURNING id),
         members AS (INSERT INTO chat_members (chat_id, user_id, role) SELECT id, $1, 'owner' FROM made)
       SELECT id FROM made`,
      [account.id],
    );
    const chats = rows.map(({ id }) => Number(id));
    await fillLogs(chats, account.id, 2);
    const live = liveOver(carrier, await kitFor(server.url, account.username));
    opened.push(live);
    const heard = entriesOf(live);
    for (const chat of chats.slice(0, 70)) live.follow(chat, 1);
    await live.command('system.ping', {});
    for (const chat of [...chats.slice(70), 987_654]) live.follow(chat, 1);
    await until(() => heard.length === 150, 15_000);
    const other = liveOver('game', await kitFor(server.url, account.username));
    opened.push(other);
    for (const chat of chats.filter((_, index) => index % 30 === 0)) await other.send(chat, 'three');
    await until(() => heard.length === 155);
    expect(new Set(heard.map(({ chat_id, seq }) => `${chat_id} ${seq}`)).size).toBe(155);
  });

  it('tells of everything else by its name, and of its own account', async () => {
    const [one, other] = [await connect(), await connect()];
    const events: ServerEvent[] = [];
    one.live.on('event', (event) => events.push(event));
    await one.live.command('system.ping', {});
    const chat = await other.live.command('chat.create', { chat_type: 'group', members: [one.account.username] });
    await other.live.command('chat.typing', { chat_id: chat.chat_id });
    await one.kit.rest.PUT('/api/v1/users/{user_id}', {
      params: { path: { user_id: one.account.id } },
      body: { full_name: 'New' },
    });
    await until(() =>
      ['chat.created', 'chat.typing', 'user.updated'].every((name) => events.some((event) => event.name === name)),
    );
    for (const event of events) {
      if (event.name === 'chat.created') expect(event.data.members).toHaveLength(2);
      if (event.name === 'chat.typing')
        expect(event.data).toEqual({ chat_id: chat.chat_id, user_id: other.account.id, username: other.account.username });
      if (event.name === 'user.updated') expect(event.data.full_name).toBe('New');
    }
    expect(one.kit.user?.full_name).toBe('New');
  });

  it('shows what goes over the wire', async () => {
    const { live } = await connect();
    const frames: WireFrame[] = [];
    const stop = live.on('frame', (frame) => frames.push(frame));
    await live.command('system.ping', { sent_at: 'mark' });
    stop();
    await live.command('system.ping', {});
    const marked = frames.filter(({ text }) => text.includes('mark'));
    expect(marked.map(({ direction }) => direction)).toEqual(['out', 'in']);
    expect(frames[0]?.text).toContain('hello');
    expect(frames.filter(({ direction }) => direction === 'out')).toHaveLength(1);
  });

  it('goes on with a new token before the old one runs out', async () => {
    const quick = await TestServer.start({ variables: { ACCESS_TOKEN_TTL: '4' } });
    opened.push({ close: () => quick.stop() });
    const { username } = await quick.user();
    const kit = await kitFor(quick.url, username);
    const live = liveOver(carrier, kit);
    opened.unshift(live);
    const states: State[] = [];
    live.on('state', (state) => states.push(state));
    const tokens = new Set<string | null>();
    await until(() => tokens.add(kit.accessToken).size > 2, 15_000);
    await live.command('system.ping', {});
    expect(states).toEqual(['open']);
  }, 30_000);

  it('comes back to a server that was started anew, with what was said meanwhile', async () => {
    const { database } = server;
    const first = await TestServer.start({ database });
    const [account, other] = [await first.user(), await first.user()];
    const chat = await makeGroup(database.url, [account.id, other.id]);
    const live = liveOver(carrier, await kitFor(first.url, account.username));
    opened.push(live);
    const heard = entriesOf(live);
    live.follow(chat, 0);
    await live.send(chat, 'before');
    const states: State[] = [];
    live.on('state', (state) => states.push(state));
    await first.stop();
    await until(() => live.state !== 'open');
    const during = live.send(chat, 'during');
    const elsewhere = liveOver('game', await kitFor(server.url, other.username));
    opened.push(elsewhere);
    await elsewhere.send(chat, 'elsewhere');
    const second = await TestServer.start({ database, variables: { PORT: String(first.port) } });
    opened.push({ close: () => second.stop() });
    await during;
    await until(() => heard.length === 3, 10_000);
    expect(states[0]).toBe('waiting');
    expect(live.state).toBe('open');
    expect(heard.map(({ content }) => content)).toEqual((await logOf(database.url, chat)).map(({ content }) => content));
  }, 60_000);

  it('is closed for good by its user, and then does nothing any more', async () => {
    const one = await connect();
    const { live } = one;
    const chat = await groupOf(one);
    const work = [live.command('system.ping', {}), live.send(chat, 'Hello!')].map(failureOf);
    live.close();
    for (const { code } of await Promise.all(work)) expect(['closed', 'disconnected']).toContain(code);
    expect([live.state, live.retryAt]).toEqual(['closed', null]);
    expect((await failureOf(live.command('system.ping', {}))).code).toBe('closed');
    expect((await failureOf(live.send(chat, 'Hello!'))).code).toBe('closed');
    live.close();
  });
});

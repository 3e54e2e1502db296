import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ACTORS, type Actor, type Heard, LISTENERS, type Listener } from './drivers/chats.js';
import { connect, connected } from './drivers/socketio.js';
import type { Parsed } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** Told beside the log; who is online depends on what other tests do. */
const isOfChat = ({ event }: Heard): boolean => event !== 'presence';

let server: TestServer;
const open: { close(): void }[] = [];
beforeAll(async () => {
  server = await TestServer.start();
});
afterEach(() => {
  for (const { close } of open.splice(0)) close();
});
afterAll(() => server.stop());

const keep = <T extends { close(): void }>(opened: T): T => {
  open.push(opened);
  return opened;
};
const listen = async (account: Account): Promise<Listener[]> =>
  (await Promise.all(LISTENERS.map((listener) => listener(server, account)))).map(keep);

const heardBy = ({ heard }: Listener): Heard[] => heard.filter(isOfChat);

const inMessengerWords = ({ chat_id, id, from_id, from_name, content, content_type, created_at }: Parsed): Parsed => ({
  chat_id,
  message_id: id,
  from_id,
  from_name,
  content,
  content_type,
  content_time: Date.parse(created_at) / 1000,
});

/** What messenger says of an event; of those who come and go, only that the user itself does. */
function inMessenger({ event, data }: Heard, { id }: Account): Heard[] {
  const isOwn = data.member_id === id;
  if (event === 'message') return [{ event, data: inMessengerWords(data) }];
  if (event === 'created' || (event === 'joined' && isOwn)) return [{ event: 'added', data: { chat_id: expect.any(Number) } }];
  return event === 'left' && isOwn ? [{ event: 'removed', data: { chat_id: data.chat_id } }] : [];
}

/** Everything that a listener should have heard, in the words of its protocol. */
const expectedOf = ({ kind }: Listener, events: readonly Heard[], account: Account): Heard[] =>
  kind === 'messenger' ? events.flatMap((each) => inMessenger(each, account)) : [...events];

async function expectHeard(account: Account, listeners: readonly Listener[], events: readonly Heard[]): Promise<void> {
  for (const listener of listeners) {
    const expected = expectedOf(listener, events, account);
    await until(() => heardBy(listener).length >= expected.length);
    expect([listener.kind, heardBy(listener)]).toEqual([listener.kind, expected]);
  }
}

describe.each(Object.entries(ACTORS))('what is done by %s', (road, act) => {
  it('is told on every kind of socket, each kind of event once, in order and in its own words', async () => {
    const [alice, bob, carol] = await Promise.all([server.user(), server.user(), server.user()]);
    const [bobs, carols] = [await listen(bob), await listen(carol)];
    const actor: Actor = keep(await act(server, alice));
    const chat = await actor.run('create', { chat_type: 'group', chat_name: 'g', members: [bob.username] });
    const chat_id: number = chat.chat_id;
    const run = (command: string, payload: Parsed = {}): Promise<Parsed> => actor.run(command, { chat_id, ...payload });

    const sent = await run('send', { content: 'one', content_type: 'text/markdown', client_msg_id: 'm1' });
    await run('send', { content: 'one', content_type: 'text/markdown', client_msg_id: 'm1' });
    const edited = await run('edit', { seq: 1, content: 'uno' });
    const deleted = await run('delete', { seq: 1 });
    await run('add_members', road === 'the routes' ? { user_id: carol.id } : { members: [carol.username] });
    const last = await run('send', { content: 'for three' });
    const { body: answered } = await bob.client.post(`/api/v1/chats/${chat_id}/messages`, { content: 'answer' });
    await run('read', { seq: 6 });
    if (road !== 'the routes') await run('typing');
    const removed = await run('remove_member', { user_id: carol.id });
    expect([sent.seq, edited.seq, deleted.seq, last.seq, removed.seq]).toEqual([1, 2, 3, 5, 7]);

    const by = { chat_id, from_id: alice.id, from_name: alice.username, content_type: null, content: null, client_msg_id: null };
    const member = { member_id: carol.id, member_name: carol.username };
    const created_at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const entry = (seq: number, kind: string, more: Parsed): Heard => ({
      event: kind,
      data: { ...by, id: seq, seq, kind, created_at, ...more },
    });
    const said = entry(1, 'message', {
      content: 'one',
      content_type: 'text/markdown',
      client_msg_id: 'm1',
      created_at: sent.created_at,
    });
    const joined = entry(4, 'joined', member);
    const forThree = entry(5, 'message', { content: 'for three', content_type: 'text/plain', created_at: last.created_at });
    const answer = entry(6, 'message', {
      created_at: answered.created_at,
      content: 'answer',
      content_type: 'text/plain',
      from_id: bob.id,
      from_name: bob.username,
    });
    const left = entry(7, 'left', member);
    // An answer reads the chat.
    const readByBob: Heard = { event: 'read', data: { chat_id, user_id: bob.id, seq: 6 } };
    const ephemeral: Heard[] = [
      { event: 'read', data: { chat_id, user_id: alice.id, seq: 6 } },
      { event: 'typing', data: { chat_id, user_id: alice.id, username: alice.username } },
    ];
    const rest = road === 'the routes' ? ephemeral.slice(0, 1) : ephemeral;
    await expectHeard(bob, bobs, [
      { event: 'created', data: expect.objectContaining({ chat_id, chat_type: 'group', chat_name: 'g', last_seq: 0 }) },
      said,
      entry(2, 'edited', { content: 'uno', content_type: 'text/markdown', target_seq: 1 }),
      entry(3, 'deleted', { target_seq: 1 }),
      joined,
      forThree,
      answer,
      readByBob,
      ...rest,
      left,
    ]);
    // Whoever is taken in hears that first; whoever is taken out, that last.
    await expectHeard(carol, carols, [joined, forThree, answer, readByBob, ...rest, left]);

    const unheard = await run('send', { content: 'without carol' });
    for (const listener of bobs) await until(() => heardBy(listener).at(-1)?.data.content === 'without carol');
    expect(unheard.seq).toBe(8);
    for (const listener of carols) expect(heardBy(listener).at(-1)?.data.content).not.toBe('without carol');
  });
});

describe('a message that cannot be taken', () => {
  it('is refused in the words of the frame that it came in', async () => {
    const alice = await server.user();
    const made = await alice.client.post('/api/v1/chats', { chat_type: 'group', members: [] });
    const { chat_id } = made.body;
    const rest = await server.socket(`/ws/words-${alice.id}?token=${alice.tokens.token}`);
    open.push({ close: () => rest.terminate() });
    const socketIo = await connected(connect(server, 'websocket', { auth: { token: alice.tokens.token } }));
    open.push({ close: () => void socketIo.disconnect() });
    const faults = [
      [{ chat_id }, 'message: field required'],
      [{ chat_id, message: 7 }, 'message: str type expected'],
      [{ chat_id, message: '' }, 'message: ensure this value has at least 1 characters'],
      [{ chat_id: 'x', message: 'x' }, 'chat_id: value is not a valid integer'],
      [{ chat_id, message: 'x', client_msg_id: '' }, 'client_msg_id: ensure this value has at least 1 characters'],
    ] as const;
    for (const [frame, detail] of faults) {
      const answer = await rest.ask({ type: 'chat', ...frame });
      expect(answer).toMatchObject({ type: 'error', data: { code: 'invalid_payload', detail } });
      const [field] = detail.split(':');
      const ack = { success: false, code: 'invalid_payload', detail, errors: [{ loc: ['payload', field] }] };
      expect(await socketIo.emitWithAck('chat', frame)).toMatchObject(ack);
    }
    const game = await server.socket(`/v1/connect?token=${alice.tokens.token}`);
    open.push({ close: () => game.terminate() });
    expect(await game.command('chat.send', { chat_id })).toMatchObject({ detail: 'content: field required' });
    const anonymous = await server.socket(`/ws/nobody-${alice.id}`);
    open.push({ close: () => anonymous.terminate() });
    const refused = { type: 'error', data: { code: 'not_authenticated' } };
    expect(await anonymous.ask({ type: 'chat', chat_id, message: 'x' })).toMatchObject(refused);
  });
});

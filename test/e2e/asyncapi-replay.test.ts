import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connect, connected } from '../conformance/drivers/socketio.js';
import { type Asked, asyncApiOf, type DescribedProtocol, type Frame, protocolsOf } from '../support/asyncapi.js';
import type { Parsed } from '../support/http-client.js';
import { type Line, openLine } from '../support/lines.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const PROTOCOLS = ['game', 'rest', 'messenger', 'socketio'];
const WITH_COMMANDS = ['game', 'rest', 'socketio'];

let server: TestServer;
let described: Map<string, DescribedProtocol>;
let bob: Account;
let carol: Account;
const lines: Line[] = [];

beforeAll(async () => {
  server = await TestServer.start();
  described = protocolsOf(await asyncApiOf(server));
  // A superuser receives the events of moderation, too.
  [bob, carol] = await Promise.all([server.user({ isSuperuser: true }), server.user()]);
});
afterEach(async () => {
  await Promise.all(lines.splice(0).map((line) => line.close()));
});
afterAll(() => server.stop());

function protocolOf(name: string): DescribedProtocol {
  const found = described.get(name);
  if (!found) throw new Error(`the document says nothing of ${name}`);
  return found;
}

async function open(protocol: string, token: string | null): Promise<Line> {
  const line = await openLine(server, protocol, token);
  lines.push(line);
  return line;
}

/** Sends a request as its example says, with the ids of a world where they exist, and gives what came of it first that is an answer. */
async function ask(
  line: Line,
  { request, answer, fault }: Asked,
  changes: Parsed = {},
): Promise<{ name: string; frame: Parsed }> {
  const protocol = protocolOf(line.protocol);
  const [example] = request.examples;
  const from = line.heard.length;
  const frame = { ...replaced(example?.payload, changes), ...changes.frame };
  expect(protocol.faultsOf(request.name, { ...example?.headers, frame }), request.name).toBe('');
  line.send({ ...example?.headers, frame });
  const fits = (name: string, heard: Frame) => protocol.faultsOf(name, heard) === '';
  const found = await until(() => line.heard.slice(from).find((heard) => fits(answer, heard) || fits(fault, heard)))
    // What it was not says more than that nothing came.
    .catch(() => {
      const heard = line.heard.slice(from).map((one) => [one, protocol.faultsOf(answer, one)]);
      throw new Error(`${line.protocol} ${request.name}: ${JSON.stringify(heard, null, 1)}`);
    });
  return { name: fits(answer, found) ? answer : fault, frame: found.frame };
}

/** An example with other values where it names things that have to exist. */
function replaced(value: Parsed, changes: Parsed): Parsed {
  if (Array.isArray(value)) return value.map((item: unknown) => replaced(item, changes));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, part]) => [key, key in changes ? changes[key] : replaced(part, changes)]);
  return Object.fromEntries(entries);
}

/**
 * A group of the owner with bob, in which both said something, a report of what bob said, a personal chat with bob, a group of bob that asks
 * for the owner, and a match of bob.
 */
async function newWorld(owner: Account): Promise<Parsed> {
  const say = async (command: string, payload: Parsed, by = owner) => {
    const { body } = await by.client.post(`/api/v1/commands/chat/${command}`, payload);
    return body.data;
  };
  const asking = await say('create', { chat_type: 'group', members: [owner.username] }, bob);
  await say('leave', { chat_id: asking.chat_id });
  await say('add_members', { chat_id: asking.chat_id, members: [owner.username] }, bob);
  const group = await say('create', { chat_type: 'group', chat_name: 'The readers', members: [bob.username] });
  const personal = await say('create', { chat_type: 'personal', members: [bob.username] });
  const { seq } = await say('send', { chat_id: group.chat_id, content: 'Hello!' });
  const theirs = await say('send', { chat_id: group.chat_id, content: 'You fool' }, bob);
  const reported = { chat_id: group.chat_id, seq: theirs.seq, reason: 'abuse' };
  const { report_id } = (await owner.client.post('/api/v1/reports', reported)).body;
  return {
    ...{ report_id, message_id: theirs.seq, asking: asking.chat_id },
    ...{ chat_id: group.chat_id, personal: personal.chat_id, seq, after_seq: 0, user_id: bob.id, members: [carol.username] },
    ...{ token: owner.tokens.token, username: owner.username, password: PASSWORD, known_data: owner.email },
  };
}

/** What some requests need beyond that. */
const PARTICULAR: Readonly<Record<string, (world: Parsed) => Parsed>> = {
  sendMessage: ({ personal }) => ({ chat_id: personal }),
  'chat.accept': ({ asking }) => ({ chat_id: asking }),
  'chat.decline': ({ asking }) => ({ chat_id: asking }),
  acceptChat: ({ asking }) => ({ chat_id: asking }),
  declineChat: ({ asking }) => ({ chat_id: asking }),
  'contacts.block': () => ({ username: carol.username }),
  blockUser: () => ({ username: carol.username }),
  'moderation.report': ({ message_id: seq }) => ({ seq }),
  'moderation.suspend': () => ({ user_id: carol.id }),
  'moderation.unsuspend': () => ({ user_id: carol.id }),
  register: () => ({ username: server.name(), email: `${server.name()}@example.com` }),
};

/** Log-out last: the others need the session. */
const inOrder = (asked: readonly Asked[]): Asked[] => [
  ...asked.filter(({ name }) => name !== 'logout'),
  ...asked.filter(({ name }) => name === 'logout'),
];

describe.each(PROTOCOLS)('the examples of %s', (name) => {
  it('are answered as they say', { timeout: 60_000 }, async () => {
    const protocol = protocolOf(name);
    const alice = await server.user({ isSuperuser: true });
    const host = await server.socket(`/v1/connect?token=${bob.tokens.token}`);
    const line = await open(name, alice.tokens.token);
    const join = protocol.asked.find((one) => one.name === 'game.join_match');
    for (const asked of inOrder(protocol.asked)) {
      const match = (await host.command('game.create_match', { max_players: 4 })).data;
      const world = { ...(await newWorld(alice)), match_id: match.match_id };
      const changes = { ...world, ...PARTICULAR[asked.name]?.(world) };
      if (join && ['game.send_state', 'game.leave_match'].includes(asked.name)) await ask(line, join, changes);
      const answer = await ask(line, asked, changes);
      expect([asked.name, answer.name, answer.name === asked.answer ? '' : answer.frame]).toEqual([asked.name, asked.answer, '']);
      // A connection is in 16 matches at most.
      await host.command('game.leave_match', { match_id: match.match_id });
    }
    expectAllKnown(line);
    await host.close();
  });
});

function expectAllKnown(line: Line): void {
  const protocol = protocolOf(line.protocol);
  const unknown = line.heard.filter((heard) => protocol.namesOf(heard).length === 0);
  expect(unknown, line.protocol).toEqual([]);
}

describe.each(['rest', 'messenger'])('a connection of %s that is nobody’s', (name) => {
  it('is refused what the document says needs an account, and nothing else', { timeout: 60_000 }, async () => {
    const protocol = protocolOf(name);
    const line = await open(name, null);
    // What makes the connection somebody's is not for here.
    const asked = protocol.asked.filter(({ name: one }) => !['auth', 'register', 'system.authenticate'].includes(one));
    for (const one of asked) {
      const world = { chat_id: 1, token: undefined, known_data: 'nobody@example.com' };
      const answer = await ask(line, one, world);
      expect([one.name, answer.name]).toEqual([one.name, one.access === 'anonymous' ? one.answer : one.fault]);
      if (one.access === 'anonymous') continue;
      const example = protocol.message(one.fault).examples.find(({ name: code }) => code === 'not_authenticated')?.payload;
      const said = ({ code, detail, data, error }: Parsed): unknown[] => [code, detail, data, error];
      expect(said(answer.frame)).toEqual(said(example));
    }
  });
});

describe('an acknowledgement of Socket.IO', () => {
  it('is the answer that would else be an event', async () => {
    const protocol = protocolOf('socketio');
    const socket = await connected(connect(server, 'websocket', { auth: { token: bob.tokens.token } }));
    for (const name of ['hello', 'chat.echo', 'system.ping', 'system.whoami', 'chat.list']) {
      const asked = protocol.asked.find((one) => one.name === name);
      const [example] = asked?.request.examples ?? [];
      const frame: unknown = await socket.emitWithAck(example?.headers?.event ?? '', example?.payload);
      const event = asked && protocol.message(asked.answer).headers?.properties.event.const;
      expect(protocol.faultsOf(asked?.answer ?? '', event === undefined ? { frame } : { event, frame }), name).toBe('');
    }
    socket.disconnect();
  });
});

describe('what the server tells', () => {
  it('is in the document, all of it, for every protocol', async () => {
    const alice = await server.user();
    const dave = await server.user();
    const all = await Promise.all(PROTOCOLS.map((protocol) => open(protocol, bob.tokens.token)));
    const actor = await server.socket(`/v1/connect?token=${alice.tokens.token}`);
    const run = async (command: string, payload: object): Promise<Parsed> => (await actor.command(command, payload)).data;
    const allHear = (name: string) =>
      until(() => all.every(({ protocol, heard }) => protocol === 'messenger' || has(protocol, heard, name)));

    const { chat_id } = await run('chat.create', { chat_type: 'group', members: [bob.username] });
    const { seq } = await run('chat.send', { chat_id, content: 'Hello!' });
    await run('chat.edit', { chat_id, seq, content: 'Hello, all!' });
    await run('chat.delete', { chat_id, seq });
    await run('chat.add_members', { chat_id, members: [dave.username] });
    await run('chat.typing', { chat_id });
    // Sending reads what came before, so `chat.read` needs a message by another user.
    const said = await bob.client.post<Parsed>(`/api/v1/chats/${chat_id}/messages`, { content: 'Hello, Alice!' });
    await run('chat.read', { chat_id, seq: said.body.seq });
    const coming = await server.socket(`/v1/connect?token=${dave.tokens.token}`);
    await allHear('chat.presence');
    expect((await dave.client.put('/api/v1/users/me', { username: server.name() })).status).toBe(200);
    await run('chat.remove_member', { chat_id, user_id: dave.id });
    const own = (domain: string, command: string, payload: Parsed) =>
      bob.client.post(`/api/v1/commands/${domain}/${command}`, payload);
    await own('chat', 'leave', { chat_id });
    await run('chat.add_members', { chat_id, members: [bob.username] });
    await allHear('chat.requested');
    await own('chat', 'accept', { chat_id });
    await own('chat', 'hide', { chat_id });
    await allHear('chat.edited');
    await own('contacts', 'block', { user_id: alice.id });
    await run('chat.send', { chat_id, content: 'Hello?' });
    await allHear('chat.withheld');
    await own('contacts', 'unblock', { user_id: alice.id });
    for (const share_presence of [false, true]) await own('contacts', 'set_privacy', { share_presence });
    await bob.client.put(`/api/v1/users/${bob.id}`, { full_name: `Bob ${Math.random()}` });
    const { report_id } = await run('moderation.report', { user_id: bob.id, reason: 'other' });
    expect((await bob.client.post(`/api/v1/reports/${report_id}/resolve`, { action: 'dismiss' })).status).toBe(200);

    const { match_id } = await run('game.create_match', { max_players: 4 });
    for (const line of all.filter(({ protocol }) => WITH_COMMANDS.includes(protocol))) {
      const join = protocolOf(line.protocol).asked.find(({ name }) => name === 'game.join_match');
      if (join) await ask(line, join, { match_id });
    }
    await coming.command('game.join_match', { match_id });
    await coming.command('game.send_state', { match_id, op: 'move', data: { x: 3, y: 4 } });
    await coming.command('game.leave_match', { match_id });
    await coming.close();

    for (const line of all) {
      const protocol = protocolOf(line.protocol);
      const wanted = protocol.told.filter((name) => !['error', 'fault', 'disconnect'].includes(name));
      expect(wanted.length, line.protocol).toBeGreaterThan(line.protocol === 'messenger' ? 0 : 12);
      for (const name of wanted)
        await until(() => has(line.protocol, line.heard, name)).catch(() => expect.fail(`${line.protocol}: ${name}`));
      expectAllKnown(line);
    }
    await actor.close();
  });

  const has = (protocol: string, heard: readonly Frame[], name: string): boolean =>
    heard.some((one) => protocolOf(protocol).namesOf(one).includes(name));
});

describe.each(WITH_COMMANDS)('the faults of commands over %s', (name) => {
  /** A command, its payload and who runs it. */
  const faults = (world: Parsed): Readonly<Record<string, readonly [command: string, payload: object, who: Account]>> => ({
    unknown_command: ['system.dance', {}, world.alice],
    invalid_input: ['chat.get', {}, world.alice],
    not_authenticated: ['system.authenticate', { token: 'made up' }, world.alice],
    not_found: ['chat.get', { chat_id: 999_999 }, world.alice],
    forbidden: ['chat.add_members', { chat_id: world.chat_id, members: [carol.username] }, bob],
    conflict: ['chat.add_members', { chat_id: world.personal, members: [carol.username] }, world.alice],
  });

  it('are as their examples show', async () => {
    const protocol = protocolOf(name);
    const alice = await server.user();
    const world = { ...(await newWorld(alice)), alice };
    for (const [code, [command, payload, who]] of Object.entries(faults(world))) {
      const line = await open(name, who.tokens.token);
      const frame = await runOver(line, command, payload);
      expect(protocol.faultsOf('command.fault', frame), code).toBe('');
      const example = protocol.message('command.fault').examples.find((one) => one.name === code)?.payload;
      expect(frame.frame.code, code).toBe(example?.code);
      // What is more exact than the catalogue differs from case to case.
      if (!['invalid_input', 'conflict'].includes(code)) expect(frame.frame.detail, code).toBe(example?.detail);
    }
  });

  it('are of those which the document names for the command', async () => {
    const alice = await server.user();
    const line = await open(name, alice.tokens.token);
    for (let i = 0; i < 16; i++) expect((await runOver(line, 'game.create_match', { max_players: 2 })).frame.success).toBe(true);
    const { frame } = await runOver(line, 'game.create_match', { max_players: 2 });
    expect(frame).toMatchObject({ success: false, code: 'too_many_requests', retry_after: expect.any(Number) });
    const create = protocolOf(name).asked.find((one) => one.name === 'game.create_match');
    expect(create?.errors).toContain('too_many_requests');
  });

  async function runOver(line: Line, name: string, payload: object): Promise<Frame> {
    const [domain, command] = name.split('.');
    const request_id = `r-${Math.random()}`;
    const frame = { type: 'command', v: 1, request_id, domain, command, payload };
    line.send(line.protocol === 'socketio' ? { event: 'command', frame } : { frame });
    return until(() => line.heard.find((heard) => heard.frame.request_id === request_id));
  }
});

describe('the faults of the messenger', () => {
  it('are as their examples show', async () => {
    const protocol = protocolOf('messenger');
    const alice = await server.user();
    const world = await newWorld(alice);
    const cases: Readonly<Record<string, object>> = {
      wrong_credentials: { mode: 'auth', username: alice.username, password: 'a wrong password' },
      taken: { mode: 'register', username: alice.username, password: PASSWORD, email: 'other@example.com' },
      not_authenticated: { mode: 'getChats' },
      forbidden: { mode: 'addMembers', token: bob.tokens.token, chat_id: world.chat_id, members: [carol.username] },
      not_found: { mode: 'getMessages', token: bob.tokens.token, chat_id: 999_999 },
    };
    const raw = await server.socket('/');
    for (const [code, frame] of Object.entries(cases)) {
      const answer = await raw.ask(frame);
      expect(protocol.faultsOf('fault', { frame: answer }), code).toBe('');
      const example = protocol.message('fault').examples.find((one) => one.name === code)?.payload;
      expect([answer.status, answer.error], code).toEqual([example?.status, example?.error]);
    }
    await raw.close();
  });
});

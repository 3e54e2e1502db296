import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, connected } from '../conformance/drivers/socketio.js';
import { ABOUT_ONE, OF_NONE, payloadsOf, runCommand, storedOfChats } from '../support/chat-probes.js';
import { makeAccounts, makeGroup } from '../support/chats.js';
import { runSql } from '../support/database.js';
import { NO_QUOTAS } from '../support/quotas.js';
import type { RawSocket } from '../support/raw-socket.js';
import { type Account, TestServer } from '../support/server.js';

let server: TestServer;
let owner: Account;
let member: Account;
let stranger: Account;
let chat: number;
let personal: number;

beforeAll(async () => {
  // Thousands of attempts on people and chats, all of them in vain.
  server = await TestServer.start({ variables: NO_QUOTAS });
  [owner, member, stranger] = (await makeAccounts(server, 3)) as [Account, Account, Account];
  // Chats of others all around the one that is meant, and gaps between them.
  const around = `INSERT INTO chats (chat_type, name) SELECT 'group', 'neighbour' FROM generate_series(1, 1200)`;
  await runSql(server.database.url, around);
  chat = await makeGroup(server.database.url, [owner.id, member.id]);
  await runSql(server.database.url, around);
  await runSql(server.database.url, `DELETE FROM chats WHERE name = 'neighbour' AND id % 3 = 0`);
  await runSql(
    server.database.url,
    `INSERT INTO chat_members (chat_id, user_id, role) SELECT id, $1, 'owner' FROM chats WHERE name = 'neighbour'`,
    [owner.id],
  );
  personal = (await owner.client.post('/api/v1/chats', { chat_type: 'personal', members: [member.username] })).body.chat_id;
  for (const id of [chat, personal]) await owner.client.post(`/api/v1/chats/${id}/messages`, { content: 'secret' });
});
afterAll(() => server.stop());

const payloadOf = (name: string, chatId: unknown): Record<string, unknown> => ({
  ...payloadsOf(stranger, member)[name],
  chat_id: chatId,
});
/** Fails where anything was changed by what is run. */
const changingNothing = async (attempt: () => Promise<void>): Promise<void> => {
  const before = await storedOfChats(server.database.url);
  await attempt();
  expect(await storedOfChats(server.database.url)).toEqual(before);
};

it('every command of chats is tried here', async () => {
  const { body } = await owner.client.post('/api/v1/commands/system/commands', {});
  const names = (body.data.commands as { command: string }[])
    .filter(({ command }) => command.startsWith('chat.'))
    .map(({ command }) => command.slice('chat.'.length));
  expect(names.toSorted()).toEqual([...ABOUT_ONE, ...OF_NONE].toSorted());
});

describe('whoever is nobody', () => {
  it('runs no command over HTTP, whether or not what it names is there, and however wrong the payload', async () => {
    await changingNothing(async () => {
      for (const name of [...ABOUT_ONE, ...OF_NONE]) {
        for (const payload of [payloadOf(name, chat), payloadOf(name, 987_654_321), { chat_id: 'x' }, {}]) {
          const { status, body } = await runCommand(server.client(), name, payload);
          expect([name, status, body.code]).toEqual([name, 401, 'not_authenticated']);
        }
      }
    });
  });

  it('runs none on a socket that takes anonymous connections', async () => {
    const socket = await server.socket('/ws/nobody');
    await changingNothing(async () => {
      for (const name of [...ABOUT_ONE, ...OF_NONE]) {
        for (const payload of [payloadOf(name, chat), payloadOf(name, 987_654_321), {}]) {
          const { success, code } = await socket.command(`chat.${name}`, payload);
          expect([name, success, code]).toEqual([name, false, 'not_authenticated']);
        }
      }
      const resumed = await socket.command('system.resume', { cursors: [{ chat_id: chat, after_seq: 0 }] });
      expect(resumed).toMatchObject({ success: false, code: 'not_authenticated' });
      socket.send({ type: 'chat', chat_id: chat, message: 'x' });
      expect((await socket.next()).data.code).toBe('not_authenticated');
    });
    socket.terminate();
    const messenger = await server.socket('/');
    const modes = ['getChats', 'getMessages', 'sendMessage', 'sendGroupMessage', 'createChat', 'addMembers', 'leaveChat'];
    await changingNothing(async () => {
      for (const mode of modes) {
        for (const token of [undefined, 'bad']) {
          const more = { chat_id: chat, content: 'x', chat_type: 'group', members: [member.username] };
          expect([mode, (await messenger.ask({ mode, token, ...more })).status]).toEqual([mode, 401]);
        }
      }
    });
    messenger.terminate();
  });
});

describe('a stranger', () => {
  let socket: RawSocket;
  beforeAll(async () => {
    socket = await server.socket(`/v1/connect?token=${stranger.tokens.token}`);
    await socket.next();
  });
  afterAll(() => socket.terminate());

  /** The answers to a command for each of many chats, without what differs by request. */
  const sweep = async (name: string, chatIds: readonly number[]): Promise<Set<string>> => {
    const answers = new Set<string>();
    for (let from = 0; from < chatIds.length; from += 50) {
      const ids = chatIds.slice(from, from + 50);
      ids.forEach((id) => {
        socket.send({ type: 'command', v: 1, request_id: `${id}`, domain: 'chat', command: name, payload: payloadOf(name, id) });
      });
      for (const _id of ids) {
        const { request_id: requestId, ...answer } = await socket.next();
        expect(ids).toContain(Number(requestId));
        answers.add(JSON.stringify(answer));
      }
    }
    return answers;
  };

  it.each(ABOUT_ONE)(
    'is told the same of every chat by chat.%s: those around, those of others, and those that are none',
    async (name) => {
      const ids = Array.from({ length: 2001 }, (_unused, i) => chat - 1000 + i);
      await changingNothing(async () => {
        const answers = [...(await sweep(name, [...ids, personal, 987_654_321, Number.MAX_SAFE_INTEGER]))];
        expect(answers.map((answer) => JSON.parse(answer).code)).toEqual(['not_found']);
      });
    },
  );

  describe('reads not one row of the chats around', () => {
    const ids = (): number[] => Array.from({ length: 2001 }, (_unused, i) => chat - 1000 + i);
    /** What is answered for each id, without what differs by request; fifty at once. */
    const answersFor = async (ask: (id: number) => Promise<unknown>): Promise<Set<string>> => {
      const answers = new Set<string>();
      const left = ids();
      while (left.length > 0)
        for (const answer of await Promise.all(left.splice(0, 50).map(ask))) answers.add(JSON.stringify(answer));
      return answers;
    };

    it.each(['', '/messages'])('over HTTP, by GET /api/v1/chats/{id}%s', async (rest) => {
      const answers = await answersFor(async (id) => {
        const { status, body } = await stranger.client.get(`/api/v1/chats/${id}${rest}`);
        return [status, body];
      });
      expect([...answers].map((text) => JSON.parse(text))).toEqual([[404, { detail: 'Resource not found' }]]);
    });

    it.each(['get', 'history'])('over Socket.IO, by chat.%s', async (name) => {
      const client = await connected(connect(server, 'websocket', { auth: { token: stranger.tokens.token } }));
      const answers = await answersFor(async (id) => {
        const frame = { request_id: 'r', domain: 'chat', command: name, payload: payloadOf(name, id) };
        return (await client.timeout(5_000).emitWithAck('command', frame)).code;
      });
      client.disconnect();
      expect([...answers]).toEqual(['"not_found"']);
    });

    it.each(['getMessages', 'sendGroupMessage'])('over messenger, by %s', async (mode) => {
      const messenger = await server.socket(`/?token=${stranger.tokens.token}`);
      const answers = new Set<string>();
      for (const id of ids()) {
        const { timestamp: _timestamp, ...answer } = await messenger.ask({ mode, chat_id: id, content: 'x' });
        answers.add(JSON.stringify(answer));
      }
      messenger.terminate();
      expect([...answers].map((text) => JSON.parse(text).status)).toEqual([404]);
    });
  });

  it('learns of no chat, place or name by what it says about one', async () => {
    const tries: Readonly<Record<string, readonly object[]>> = {
      edit: [{ seq: 1 }, { seq: 2 }, { seq: 0 }].map(({ seq }) => ({ seq, content: 'x' })),
      delete: [{ seq: 1 }, { seq: 2 }, { seq: -1 }],
      read: [{ seq: 0 }, { seq: 1 }, { seq: 1_000_000 }],
      history: [{ before_seq: 1 }, { after_seq: 1 }, { before_seq: 2 ** 40, limit: 200 }],
      sync: [{ after_seq: 0 }, { after_seq: 1 }, { after_seq: 2 ** 40 }],
      remove_member: [owner, member, stranger, { id: 987_654_321 }, { id: 0 }].map(({ id }) => ({ user_id: id })),
      add_members: [stranger.username, owner.username, 'nobody-at-all'].flatMap((name) => [
        { members: [name] },
        { members: [name], role: 'admin' },
      ]),
    };
    await changingNothing(async () => {
      for (const [name, payloads] of Object.entries(tries)) {
        const bodies = new Set<string>();
        for (const more of payloads) {
          for (const chatId of [chat, personal, 987_654_321]) {
            const { status, body } = await runCommand(stranger.client, name, { chat_id: chatId, ...more });
            bodies.add(JSON.stringify([status, { ...body, request_id: undefined }]));
          }
        }
        expect([name, [...bodies].map((body) => JSON.parse(body)[0])]).toEqual([name, [404]]);
      }
    });
  });

  it('is put into no chat by the routes, and gives nobody a role', async () => {
    await changingNothing(async () => {
      for (const id of [chat, personal, 987_654_321]) {
        for (const user of [stranger.id, owner.id, member.id, 987_654_321]) {
          for (const body of [undefined, {}, { role: 'admin' }]) {
            expect((await stranger.client.send('PUT', `/api/v1/chats/${id}/members/${user}`, body)).status).toBe(404);
          }
          expect((await stranger.client.delete(`/api/v1/chats/${id}/members/${user}`)).status).toBe(404);
        }
      }
    });
  });

  it('resumes no chat of others', async () => {
    const cursors = [chat, personal, 987_654_321].map((chat_id) => ({ chat_id, after_seq: 0 }));
    const { data } = await socket.command('system.resume', { cursors });
    const nothing = { recovered: false, last_seq: null, has_more: false };
    expect(data.chats).toEqual(cursors.map(({ chat_id }) => ({ chat_id, ...nothing })));
    expect(socket.pending()).toEqual([]);
  });

  it('hears nothing of what is said, read or written in a chat', async () => {
    const listening = await server.socket(`/v1/connect?token=${member.tokens.token}`);
    await runCommand(owner.client, 'send', { chat_id: chat, content: 'again' });
    await runCommand(owner.client, 'edit', { chat_id: chat, seq: 2, content: 'and again' });
    await runCommand(owner.client, 'read', { chat_id: chat, seq: 2 });
    await runCommand(owner.client, 'typing', { chat_id: chat });
    await listening.nextThat(({ event }) => event === 'typing');
    // By now it would have come.
    await socket.command('system.ping');
    expect(socket.pending()).toEqual([]);
    listening.terminate();
  });
});

describe('somebody who was a member', () => {
  it('is a stranger from the moment it is removed', async () => {
    const [guest] = (await makeAccounts(server, 1)) as [Account];
    await runCommand(owner.client, 'add_members', { chat_id: chat, members: [guest.username] });
    const said = (await runCommand(guest.client, 'send', { chat_id: chat, content: 'mine' })).body.data.seq;
    const left = (await runCommand(owner.client, 'remove_member', { chat_id: chat, user_id: guest.id })).body.data.seq;
    await changingNothing(async () => {
      for (const name of ABOUT_ONE) {
        const { status } = await runCommand(guest.client, name, {
          ...payloadOf(name, chat),
          ...('seq' in payloadOf(name, chat) ? { seq: said } : {}),
        });
        // To leave again answers the entry that says so, which the guest has received.
        expect([name, status]).toEqual([name, name === 'leave' ? 200 : 404]);
      }
      expect((await guest.client.get('/api/v1/chats')).body).toEqual({ chats: [], next_cursor: null });
    });
    expect(left).toBe(said + 1);
  });
});

describe('a member', () => {
  it('has no rights but a member’s', async () => {
    await changingNothing(async () => {
      for (const [name, more] of [
        ['add_members', { members: [stranger.username] }],
        ['add_members', { members: [member.username], role: 'admin' }],
        ['remove_member', { user_id: owner.id }],
        ['edit', { seq: 1, content: 'x' }],
        ['delete', { seq: 1 }],
      ] as const) {
        expect([name, (await runCommand(member.client, name, { chat_id: chat, ...more })).status]).toEqual([name, 403]);
      }
      expect((await member.client.put(`/api/v1/chats/${chat}/members/${member.id}`, { role: 'admin' })).status).toBe(403);
    });
  });

  it('makes nobody the owner', async () => {
    await changingNothing(async () => {
      for (const who of [owner, member]) {
        const { status } = await runCommand(who.client, 'add_members', {
          chat_id: chat,
          members: [member.username],
          role: 'owner',
        });
        expect(status).toBe(422);
      }
    });
  });
});

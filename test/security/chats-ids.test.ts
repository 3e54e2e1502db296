import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ABOUT_ONE, INTERNAL, payloadsOf, runCommand, storedOfChats } from '../support/chat-probes.js';
import { makeAccounts, makeGroup } from '../support/chats.js';
import { runSql } from '../support/database.js';
import type { Answer, Parsed } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';

let server: TestServer;
let owner: Account;
let member: Account;
let stranger: Account;
let chat: number;

beforeAll(async () => {
  server = await TestServer.start();
  [owner, member, stranger] = (await makeAccounts(server, 3)) as [Account, Account, Account];
  chat = await makeGroup(server.database.url, [owner.id, member.id]);
  await owner.client.post(`/api/v1/chats/${chat}/messages`, { content: 'text' });
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

describe('ids that are none', () => {
  // JSON text, since JavaScript does not hold all of them.
  const NUMBERS = ['0', '-1', '-0', '9007199254740991', '-9007199254740991'];
  const NO_NUMBERS = [
    '9007199254740992',
    '9223372036854775807',
    '9223372036854775808',
    '-9223372036854775809',
    '1e400',
    '1.5',
    'null',
    'true',
    '""',
    '"1 OR 1=1"',
    '"__proto__"',
    '[]',
    '{}',
    '{"$gt":0}',
  ];
  const post = (name: string, text: string): Promise<Answer<Parsed>> =>
    member.client.raw(`/api/v1/commands/chat/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: text,
    });
  const withId = (name: string, field: string, text: string): string =>
    JSON.stringify({ ...payloadOf(name, chat), [field]: '@' }).replace('"@"', () => text);

  it('of a chat are refused in a payload by every command', async () => {
    await changingNothing(async () => {
      for (const name of ABOUT_ONE) {
        for (const id of NUMBERS) {
          expect([name, id, (await post(name, withId(name, 'chat_id', id))).status]).toEqual([name, id, 404]);
        }
        for (const id of [...NO_NUMBERS, `"${chat}"`, `[${chat}]`]) {
          const { status, body } = await post(name, withId(name, 'chat_id', id));
          expect([name, id, status, body.errors[0].loc]).toEqual([name, id, 422, ['payload', 'chat_id']]);
        }
      }
    });
  });

  it.each([
    ['edit', 'seq'],
    ['delete', 'seq'],
    ['remove_member', 'user_id'],
  ])('are refused by chat.%s as a %s', async (name, field) => {
    await changingNothing(async () => {
      // Whether or not somebody is there is for those alone who may remove them.
      const refused = name === 'remove_member' ? 403 : 404;
      for (const id of NUMBERS) expect([id, (await post(name, withId(name, field, id))).status]).toEqual([id, refused]);
      for (const id of NO_NUMBERS) expect([id, (await post(name, withId(name, field, id))).status]).toEqual([id, 422]);
    });
  });

  it('are refused in the paths of the routes', async () => {
    const ids = ['0', '-1', '9007199254740991', '9007199254740992', '9223372036854775807', '9223372036854775808'];
    const texts = [
      'x',
      '1.5',
      '1e3',
      '%00',
      '%20',
      `${chat}%20`,
      `0x${chat.toString(16)}`,
      "1'--",
      '%2e%2e',
      'null',
      '9'.repeat(400),
    ];
    await changingNothing(async () => {
      for (const id of [...ids, ...texts]) {
        for (const [method, path, body] of [
          ['GET', `${id}`],
          ['GET', `${id}/messages`],
          ['POST', `${id}/messages`, { content: 'x' }],
          ['POST', `${id}/read`, { seq: 1 }],
          ['PATCH', `${id}/messages/1`, { content: 'x' }],
          ['DELETE', `${id}/messages/1`],
          ['PUT', `${id}/members/1`, {}],
          ['DELETE', `${id}/members/1`],
          ['PATCH', `${chat}/messages/${id}`, { content: 'x' }],
          ['DELETE', `${chat}/messages/${id}`],
        ] as const) {
          const { status } = await member.client.send(method, `/api/v1/chats/${path}`, body);
          expect([404, 405, 422], `${method} ${path}: ${status}`).toContain(status);
        }
      }
    });
  });
});

describe('cursors of chat.list', () => {
  it('lead to nothing but the own chats, whatever they are', async () => {
    const [own] = (await runSql<{ at: string }>(
      server.database.url,
      'SELECT (extract(epoch FROM last_activity_at) * 1000)::bigint AS at FROM chats WHERE id = $1',
      [chat],
    )) as [{ at: string }];
    for (const cursor of [`${own.at}.${chat + 1}`, `${Number(own.at) + 1}.1`, '999999999999999.999999999999999', '0.0']) {
      const { status, body } = await runCommand(stranger.client, 'list', { cursor });
      expect([cursor, status, body.data]).toEqual([cursor, 200, { chats: [], next_cursor: null }]);
    }
    // With transactions that the first page did not see.
    for (const cursor of [`${own.at}.${chat + 1}.1`, '1.1.1-2', 'c.0.1', 'c.0.4294967295']) {
      const { status, body } = await runCommand(stranger.client, 'list', { cursor });
      expect([cursor, status, body.data.chats]).toEqual([cursor, 200, []]);
    }
    for (const cursor of [
      '',
      '.',
      '1',
      '1.',
      '.1',
      '-1.1',
      '1.-1',
      '1.1.1.1',
      '1.1.',
      'c.1',
      '1.1.4294967296',
      'x.1.1',
      '1e3.1',
      ' 1.1',
      '1.1\n',
      `${'9'.repeat(16)}.1`,
      '١.١',
    ]) {
      expect([cursor, (await runCommand(stranger.client, 'list', { cursor })).status]).toEqual([cursor, 422]);
    }
  });
});

describe('commands that are for routes and modes only', () => {
  it('cannot be run, and are not told of', async () => {
    const socket = await server.socket(`/v1/connect?token=${owner.tokens.token}`);
    await changingNothing(async () => {
      for (const name of INTERNAL) {
        const payload = { chat_id: chat, user_id: stranger.id, role: 'admin', content: 'x', chat_type: 'group' };
        expect([name, (await runCommand(owner.client, name, payload)).body.code]).toEqual([name, 'unknown_command']);
        expect([name, (await socket.command(`chat.${name}`, payload)).code]).toEqual([name, 'unknown_command']);
      }
    });
    socket.terminate();
    const { status, body } = await server.client().get('/openapi.json');
    expect(status).toBe(200);
    for (const name of INTERNAL) expect(JSON.stringify(body)).not.toContain(`chat.${name}`);
  });
});

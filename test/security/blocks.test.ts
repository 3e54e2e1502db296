import { Agent, request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeAccounts } from '../support/chats.js';
import { ask, contacts, group, type Listener, listen, personal, say } from '../support/contacts.js';
import { runSql } from '../support/database.js';
import type { Parsed } from '../support/http-client.js';
import { areaUnderCurve, shuffled } from '../support/ranks.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/*
 * What a user who is blocked learns of it: nothing. Everything that they can ask is asked twice, once about somebody who has blocked them and
 * once about somebody who does not react and hides, and the transcripts are compared word by word.
 */

/** One who asks, and the one it is about. */
interface Pair {
  readonly asker: Account;
  readonly other: Account;
}

let server: TestServer;
const open: Listener[] = [];
afterEach(() => {
  for (const { socket } of open.splice(0)) socket.terminate();
});

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** An answer without what differs from one pair to another: names, ids and times. */
function plain(value: Parsed, { asker, other }: Pair, chats: readonly number[], key = ''): Parsed {
  const rest = (part: Parsed, name = '') => plain(part, { asker, other }, chats, name);
  if (Array.isArray(value)) return value.map((part) => rest(part, key));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([name]) => name !== 'request_id');
    return Object.fromEntries(entries.map(([name, part]) => [name, rest(part, name)]));
  }
  if (key === 'chat_id') return `chat ${chats.indexOf(value)}`;
  if (['user_id', 'from_id', 'member_id', 'invited'].includes(key)) {
    return value === asker.id ? 'asker' : value === other.id ? 'other' : value;
  }
  if (typeof value === 'number') return /time/.test(key) ? 'time' : value;
  if (typeof value !== 'string') return value;
  if (TIME.test(value)) return 'time';
  return value.replaceAll(asker.username, 'asker').replaceAll(other.username, 'other');
}

/** Everything that the one who asks can do about the other, and every answer and event that comes of it. */
async function transcript(pair: Pair, chats: readonly number[]): Promise<string[]> {
  const { asker, other } = pair;
  const lines: string[] = [];
  const note = (what: string, answer: Parsed): void => {
    lines.push(`${what} ${JSON.stringify(plain(answer, pair, chats))}`);
  };
  const listener = await listen(server, asker);
  const messenger = await server.socket(`/?token=${asker.tokens.token}`);
  open.push(listener);
  const pushed: Parsed[] = [];
  const askMessenger = async (mode: string, fields: object): Promise<void> => {
    messenger.send({ mode, ...fields });
    const answer = await messenger.nextThat((frame) => frame.mode === mode || pushed.push(frame) === 0);
    note(mode, answer);
  };
  const run = async (name: string, payload: Record<string, unknown>): Promise<void> => {
    const { status, body } = await asker.client.post(`/api/v1/commands/${name.replace('.', '/')}`, payload);
    note(name, [status, body]);
    note(`${name} over a socket`, await listener.command(name, payload));
  };
  for (const [i, chat_id] of chats.entries()) {
    const sent = { chat_id, content: `text ${i}`, client_msg_id: `m${i}` };
    await run('chat.get', { chat_id });
    await run('chat.send', sent);
    await run('chat.send', { ...sent, content: 'another' });
    await run('chat.edit', { chat_id, seq: 1, content: 'edited' });
    await run('chat.typing', { chat_id });
    await run('chat.read', { chat_id, seq: 1 });
    await run('chat.add_members', { chat_id, members: [other.username] });
    await run('chat.remove_member', { chat_id, user_id: other.id });
    await run('chat.history', { chat_id });
    await run('chat.sync', { chat_id, after_seq: 0 });
    await run('chat.get', { chat_id });
    const url = `/api/v1/chats/${chat_id}`;
    note('PUT member', (await asker.client.put(`${url}/members/${other.id}`, {})).body);
    note('POST message', (await asker.client.post(`${url}/messages`, { content: 'x' })).body);
    await askMessenger('sendMessage', { chat_id, content: 'x', content_type: 'text/plain' });
    await askMessenger('addMembers', { chat_id, members: [other.username] });
    await askMessenger('getMessages', { chat_id });
    await run('chat.delete', { chat_id, seq: 1 });
  }
  await run('chat.create', { chat_type: 'personal', members: [other.username] });
  await run('chat.list', {});
  await run('chat.requests', {});
  await run('moderation.report', { user_id: other.id, reason: 'other' });
  await run('contacts.block', { user_id: other.id });
  await run('contacts.unblock', { user_id: other.id });
  for (const { name, data } of listener.heard) note(`heard ${name}`, data);
  for (const frame of [...pushed, ...messenger.pending()]) note('pushed', frame);
  messenger.terminate();
  // Of a report the id is a number that goes up.
  return lines.map((line) => line.replace(/"report_id":\d+/, '"report_id":1'));
}

/** Compares two pairs, one of which is blocked by what `prepare` does. */
async function expectAlike(prepare: (pair: Pair, isBlocked: boolean) => Promise<readonly number[]>): Promise<void> {
  // Members are listed in the order of their ids, where nothing else tells them apart.
  const people = (await makeAccounts(server, 4)).toSorted((a, b) => a.id - b.id);
  const pairs = [0, 2].map((i) => ({ asker: people[i] as Account, other: people[i + 1] as Account }));
  const transcripts: string[][] = [];
  for (const [i, pair] of pairs.entries()) transcripts.push(await transcript(pair, await prepare(pair, i === 0)));
  expect(transcripts[0]).toEqual(transcripts[1]);
  expect(transcripts[0]?.length).toBeGreaterThan(20);
}

const block = (who: Account, other: Account): Promise<Parsed> => ask(who, 'contacts.block', { user_id: other.id });
const hide = (who: Account): Promise<Parsed> => ask(who, 'contacts.set_privacy', { share_presence: false });
/** A group of the one who asks, which the other has left. */
async function leftGroup({ asker, other }: Pair): Promise<number> {
  const chat = await group(asker, other);
  await ask(other, 'chat.leave', { chat_id: chat });
  return chat;
}

describe('a user who is blocked', () => {
  describe('where first contacts are delivered', () => {
    beforeAll(async () => {
      server = await TestServer.start();
    });
    afterAll(() => server.stop());

    it('finds the same as of a contact who hides and says nothing more, in a personal chat and in groups', async () => {
      await expectAlike(async (pair, isBlocked) => {
        const { asker, other } = pair;
        const chats = [await contacts(asker, other), await leftGroup(pair), await group(other, asker)];
        await (isBlocked ? block(other, asker) : hide(other));
        open.push(await listen(server, other));
        await say(other, chats[2] as number);
        return chats;
      });
    });

    it('finds the same as of a stranger who does not answer', async () => {
      await expectAlike(async ({ asker, other }, isBlocked) => {
        if (isBlocked) await block(other, asker);
        open.push(await listen(server, other));
        return [await personal(asker, other)];
      });
    });

    it('finds the same as of somebody who has left the chat', async () => {
      await expectAlike(async ({ asker, other }, isBlocked) => {
        const chat = await contacts(asker, other);
        await ask(other, 'chat.leave', { chat_id: chat });
        if (isBlocked) await block(other, asker);
        return [chat];
      });
    });

    it('learns at once no more than that the other is out of sight', async () => {
      const people = await makeAccounts(server, 4);
      const heard: Parsed[] = [];
      for (const i of [0, 2]) {
        const [asker, other] = [people[i] as Account, people[i + 1] as Account];
        const chat = await contacts(asker, other);
        const [theirs, own] = [await listen(server, other), await listen(server, asker)];
        open.push(theirs, own);
        await ask(asker, 'chat.get', { chat_id: chat });
        await (i === 0 ? block(other, asker) : hide(other));
        await until(() => own.of('chat.presence').length > 0);
        await own.command('system.ping');
        heard.push(own.heard.map(({ name, data }) => [name, plain(data, { asker, other }, [chat])]));
      }
      expect(heard[0]).toEqual(heard[1]);
      expect(heard[0]).toEqual([['chat.presence', { user_id: 'other', online: false }]]);
    });
  });

  describe('where first contacts wait', () => {
    beforeAll(async () => {
      server = await TestServer.start({ variables: { CONTACTS: 'request' } });
    });
    afterAll(() => server.stop());

    it('finds the same as of somebody who lets a request wait, or has declined it', async () => {
      for (const declines of [false, true]) {
        await expectAlike(async ({ asker, other }, isBlocked) => {
          if (isBlocked) await block(other, asker);
          const chats = [await personal(asker, other), await group(asker, other)];
          if (declines && !isBlocked) for (const chat_id of chats) await ask(other, 'chat.decline', { chat_id });
          return chats;
        });
      }
    });
  });
});

describe('the time of an answer', () => {
  const SAMPLES = 2_000;
  const WARM_UP = 200;
  const LARGEST_AREA = 0.55;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });

  beforeAll(async () => {
    server = await TestServer.start({ variables: { CONTACTS: 'request' } });
  });
  afterAll(async () => {
    agent.destroy();
    await server.stop();
  });

  function send({ asker }: Pair, chatId: number): Promise<number> {
    const text = JSON.stringify({ content: 'are you there?' });
    const headers = {
      authorization: `Bearer ${asker.tokens.token}`,
      'content-type': 'application/json',
      'content-length': text.length,
    };
    const path = `/api/v1/chats/${chatId}/messages`;
    return new Promise((resolve, reject) => {
      const from = performance.now();
      const sent = request({ agent, port: server.port, host: '127.0.0.1', method: 'POST', path, headers }, (response) => {
        response
          .resume()
          .on('end', () =>
            response.statusCode === 200 ? resolve(performance.now() - from) : reject(new Error(`${response.statusCode}`)),
          );
      });
      sent.on('error', reject).end(text);
    });
  }

  it.each(['a contact', 'somebody who was asked'] as const)(
    'does not tell that a message to %s was withheld',
    { timeout: 120_000 },
    async (who) => {
      const people = await makeAccounts(server, 4);
      const pairs = [0, 2].map((i) => ({ asker: people[i] as Account, other: people[i + 1] as Account })) as [Pair, Pair];
      const chats: number[] = [];
      for (const [i, { asker, other }] of pairs.entries()) {
        if (who === 'somebody who was asked' && i === 0) await block(other, asker);
        chats.push(await personal(asker, other));
        if (who === 'a contact') await ask(other, 'chat.accept', { chat_id: chats[i] });
        if (who === 'a contact' && i === 0) await block(other, asker);
        open.push(await listen(server, other));
      }
      await runSql(server.database.url, 'VACUUM ANALYZE blocks, chat_requests, chat_members, chats');
      const times: [number[], number[]] = [[], []];
      for (const i of shuffled([0, 1] as const, WARM_UP)) await send(pairs[i], chats[i] as number);
      for (const i of shuffled([0, 1] as const, SAMPLES)) times[i].push(await send(pairs[i], chats[i] as number));
      const area = areaUnderCurve(...times);
      expect(Math.max(area, 1 - area)).toBeLessThanOrEqual(LARGEST_AREA);
    },
  );
});

import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Sql } from '../../src/database/sql.js';
import type { Parsed } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** A connection with everything that the wire brought of one chat, in the order of arrival. */
interface Wire {
  /** Numbers of entries: of events, and of answers to what the connection itself did. */
  readonly seqs: number[];
  /** Numbers of entries that came as events. */
  readonly events: number[];
  command(name: string, payload: Parsed): Promise<Parsed>;
  close(): void;
}

/** Numbers in an answer that stand for entries that its request made. */
const madeBy = (name: string, data: Parsed): number[] => {
  if (name === 'system.resume' || !data) return [];
  return data.seqs ?? ('seq' in data ? [data.seq] : []);
};

abstract class Recorder implements Wire {
  readonly seqs: number[] = [];
  readonly events: number[] = [];
  /** @param data of an event, which is an entry if it has a kind */
  protected hear({ kind, seq }: Parsed): void {
    if (kind === undefined) return;
    this.seqs.push(seq);
    this.events.push(seq);
  }
  abstract command(name: string, payload: Parsed): Promise<Parsed>;
  abstract close(): void;
}

class RawWire extends Recorder {
  private requests = 0;
  private readonly waiting = new Map<string, { name: string; resolve: (data: Parsed) => void }>();

  private constructor(
    private readonly socket: WebSocket,
    private readonly protocol: 'game' | 'rest' | 'messenger',
  ) {
    super();
    socket.on('message', (data: Buffer) => this.receive(JSON.parse(data.toString('utf8'))));
  }

  static async open(server: TestServer, account: Account, protocol: 'game' | 'rest' | 'messenger'): Promise<Wire> {
    const path = { game: '/v1/connect', rest: `/ws/own-${account.id}`, messenger: '/' }[protocol];
    const wire = new RawWire(new WebSocket(`${server.wsUrl}${path}?token=${account.tokens.token}`), protocol);
    await new Promise((resolve, reject) => wire.socket.once('open', resolve).once('error', reject));
    return wire;
  }

  private receive(frame: Parsed): void {
    const asked = this.waiting.get(frame.request_id);
    if (asked) {
      const data =
        this.protocol === 'messenger' ? { ...frame, ...('message_id' in frame ? { seq: frame.message_id } : {}) } : frame.data;
      this.seqs.push(...madeBy(asked.name, data));
      return asked.resolve(data);
    }
    if (frame.mode === 'newMessage') return this.hear({ kind: 'message', seq: frame.message.message_id });
    if (frame.domain === 'chat' || String(frame.type).startsWith('chat.')) this.hear(frame.data);
  }

  command(name: string, payload: Parsed): Promise<Parsed> {
    const request_id = String(this.requests++);
    const [domain, command] = name.split('.');
    const frame =
      this.protocol === 'messenger'
        ? { mode: 'sendGroupMessage', request_id, content_type: 'text/plain', ...payload }
        : { type: 'command', v: 1, request_id, domain, command, payload };
    return new Promise((resolve) => {
      this.waiting.set(request_id, { name, resolve });
      this.socket.send(JSON.stringify(frame));
    });
  }

  close(): void {
    this.socket.terminate();
  }
}

class SocketIoWire extends Recorder {
  private constructor(private readonly socket: ReturnType<typeof io>) {
    super();
    socket.on('chat', (data: Parsed) => this.hear(data));
  }

  static async open(server: TestServer, account: Account): Promise<Wire> {
    const options = { transports: ['websocket'], reconnection: false, forceNew: true, auth: { token: account.tokens.token } };
    const wire = new SocketIoWire(io(server.url, options));
    await new Promise((resolve, reject) => wire.socket.once('hello', resolve).once('connect_error', reject));
    return wire;
  }

  command(name: string, payload: Parsed): Promise<Parsed> {
    const [domain, command] = name.split('.');
    return new Promise((resolve) => {
      // By a callback: it runs when the answer arrives, a promise only some time later.
      this.socket.emit('command', { request_id: 'r', domain, command, payload }, ({ data }: Parsed) => {
        this.seqs.push(...madeBy(name, data));
        resolve(data);
      });
    });
  }

  close(): void {
    this.socket.disconnect();
  }
}

const OPEN = {
  game: (server: TestServer, account: Account) => RawWire.open(server, account, 'game'),
  rest: (server: TestServer, account: Account) => RawWire.open(server, account, 'rest'),
  socketio: (server: TestServer, account: Account) => SocketIoWire.open(server, account),
  messenger: (server: TestServer, account: Account) => RawWire.open(server, account, 'messenger'),
};

let server: TestServer;
let alice: Account;
let bob: Account;
let carol: Account;
let chat: number;
const wires: Wire[] = [];
beforeAll(async () => {
  server = await TestServer.start();
  [alice, bob, carol] = await Promise.all([server.user(), server.user(), server.user()]);
});
beforeEach(async () => {
  const { body } = await alice.client.post<Parsed>('/api/v1/chats', { chat_type: 'group', members: [bob.username] });
  chat = body.chat_id;
});
afterEach(() => {
  for (const wire of wires.splice(0)) wire.close();
});
afterAll(() => server.stop());

async function open(kind: keyof typeof OPEN, account: Account): Promise<Wire> {
  const wire = await OPEN[kind](server, account);
  wires.push(wire);
  return wire;
}
const run = async (account: Account, name: string, payload: Parsed): Promise<Parsed> =>
  (await account.client.post<Parsed>(`/api/v1/commands/${name.replace('.', '/')}`, payload)).body.data;
const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);
/** After the grace in which a new connection may resume. */
const settled = async (wire: Wire): Promise<void> => {
  const { seq } = await run(bob, 'chat.send', { chat_id: chat, content: 'to be heard' });
  await until(() => wire.seqs.includes(seq));
};

describe.each(Object.keys(OPEN) as (keyof typeof OPEN)[])('an answer of %s', (kind) => {
  it('to a message comes in its place among those of others, however many are written at once', async () => {
    const [one, other] = [await open(kind, alice), await open(kind, bob)];
    await settled(one);
    const say = (wire: Wire) => wire.command('chat.send', { chat_id: chat, content: 'x' });
    const rounds = 20;
    for (let round = 0; round < rounds; round++) await Promise.all([one, other, one, other].map(say));
    const last = 1 + 4 * rounds;
    await until(() => one.seqs.length === last && other.seqs.length >= last - 1);
    expect(one.seqs).toEqual(upTo(last));
    expect(other.seqs.filter((seq) => seq > 1)).toEqual(upTo(last).slice(1));
  });

  it('to a message comes after entries that another node appended, and after which this one has not heard', async () => {
    const wire = await open(kind, alice);
    await settled(wire);
    const columns = [
      [chat, chat],
      [bob.id, bob.id],
      ['a', 'b'],
      ['text/plain', 'text/plain'],
      [null, null],
      [null, null],
    ];
    await server.app.get(Sql).rows('SELECT * FROM append_messages($1, $2, $3, $4, $5, $6)', columns);
    await wire.command('chat.send', { chat_id: chat, content: 'mine' });
    expect(wire.seqs).toEqual([1, 2, 3, 4]);
  });

  it('to the first message comes after what was kept back from a new connection', async () => {
    const wire = await open(kind, alice);
    const { seq } = await run(bob, 'chat.send', { chat_id: chat, content: 'just before' });
    const own = await wire.command('chat.send', { chat_id: chat, content: 'at once' });
    await until(() => wire.seqs.length === 2);
    expect(wire.seqs).toEqual([seq, own.seq]);
  });
});

describe.each(['game', 'rest', 'socketio'] as const)('a connection of %s', (kind) => {
  it('never receives an entry that it made, whenever it resumes', async () => {
    await run(bob, 'chat.send', { chat_id: chat, content: 'known' });
    await run(bob, 'chat.send', { chat_id: chat, content: 'missed' });
    const wire = await open(kind, alice);
    const sent = await wire.command('chat.send', { chat_id: chat, content: 'own' });
    const own = [
      sent.seq,
      (await wire.command('chat.edit', { chat_id: chat, seq: sent.seq, content: 'edited' })).seq,
      (await wire.command('chat.delete', { chat_id: chat, seq: sent.seq })).seq,
      ...(await wire.command('chat.add_members', { chat_id: chat, members: [carol.username] })).seqs,
      (await wire.command('chat.remove_member', { chat_id: chat, user_id: carol.id })).seq,
    ];
    expect(own).toEqual([3, 4, 5, 6, 7]);
    const resume = () => wire.command('system.resume', { cursors: [{ chat_id: chat, after_seq: 1 }] });
    expect((await resume()).chats).toEqual([{ chat_id: chat, recovered: true, last_seq: 7, has_more: false }]);
    await run(bob, 'chat.send', { chat_id: chat, content: 'live' });
    await until(() => wire.events.includes(8));
    await resume();
    expect(wire.events).toEqual([2, 8]);
    // Numbers of its own are in its answers.
    expect([...wire.seqs].sort((a, b) => a - b)).toEqual(upTo(8).slice(1));
  });

  it('never receives an entry that it made while it resumes, and is answered for it in its place', async () => {
    await run(bob, 'chat.send', { chat_id: chat, content: 'known' });
    await run(bob, 'chat.send', { chat_id: chat, content: 'missed' });
    const wire = await open(kind, alice);
    const resumed = wire.command('system.resume', { cursors: [{ chat_id: chat, after_seq: 1 }] });
    const sent = wire.command('chat.send', { chat_id: chat, content: 'own' });
    expect([(await sent).seq, (await resumed).chats[0].recovered]).toEqual([3, true]);
    expect(wire.seqs).toEqual([2, 3]);
  });

  it('is answered for leaving, which the own other connections receive', async () => {
    const [wire, second] = [await open(kind, bob), await open(kind, bob)];
    await settled(second);
    const left = await wire.command('chat.leave', { chat_id: chat });
    await until(() => second.events.includes(left.seq));
    expect(wire.events).not.toContain(left.seq);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Backoff } from '../../clients/typescript/src/backoff.js';
import { BodyDoor } from '../../clients/typescript/src/doors.js';
import { LiveConnection } from '../../clients/typescript/src/live-connection.js';
import { Session } from '../../clients/typescript/src/session.js';
import type { CommandFrame, OpenTransport, Transport, TransportEvents } from '../../clients/typescript/src/transport.js';

const BASE = 'http://switchboard.test';
const USER = { id: 7, username: 'alice' };

/** A connection whose other end is the test. */
class FakeTransport implements Transport {
  readonly sent: CommandFrame[] = [];
  isClosed = false;

  constructor(readonly events: TransportEvents) {}

  send(frame: CommandFrame): void {
    this.sent.push(frame);
  }

  close(): void {
    this.isClosed = true;
  }

  greet(): void {
    this.events.frame({ type: 'hello', v: 1, connection_id: 'c', heartbeat_sec: 30 });
  }

  answer(frame: CommandFrame | undefined, data: object = {}): void {
    this.events.frame({ type: 'response', v: 1, request_id: frame?.request_id, success: true, data });
  }

  refuse(frame: CommandFrame | undefined, fault: object): void {
    this.events.frame({ type: 'response', v: 1, request_id: frame?.request_id, success: false, ...fault });
  }

  end(notice: object): void {
    this.events.frame({ type: 'disconnect', v: 1, reason: 'because', ...notice });
  }

  get names(): string[] {
    return this.sent.map(({ domain, command }) => `${domain}.${command}`);
  }
}

const jwt = (lifetimeSec: number): string =>
  `head.${btoa(JSON.stringify({ sub: '7', iat: 1000, exp: 1000 + lifetimeSec }))}.sign`;

let attempts: FakeTransport[];
/** What the server answers to whoever shows a token, and to whoever refreshes. */
let world: { isAlive: boolean; isReachable: boolean; isSilent?: boolean };

const open: OpenTransport = (_token, events) => {
  const transport = new FakeTransport(events);
  attempts.push(transport);
  return transport;
};

async function answerTo(request: Request): Promise<Response> {
  if (world.isSilent)
    return new Promise((_resolve, reject) =>
      request.signal.addEventListener('abort', () => reject(request.signal.reason as Error)),
    );
  if (!world.isReachable) throw new TypeError('fetch failed');
  const { pathname } = new URL(request.url);
  if (!world.isAlive) return Response.json({ detail: 'Not authenticated' }, { status: 401 });
  if (pathname === '/api/v1/users/me') return Response.json(USER);
  return Response.json({ success: true, data: { token: jwt(3600), refresh_token: 'next' } });
}

async function connect(): Promise<{ live: LiveConnection; session: Session }> {
  const door = new BodyDoor(answerTo, BASE);
  const session = new Session(answerTo, BASE, door, null);
  await session.begin((it) => it.logIn('alice', 'secret'));
  const live = new LiveConnection(session, open);
  await vi.advanceTimersByTimeAsync(0);
  return { live, session };
}

const last = (): FakeTransport => {
  const transport = attempts.at(-1);
  if (!transport) throw new Error('no attempt was made');
  return transport;
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.999);
  attempts = [];
  world = { isAlive: true, isReachable: true };
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('waiting between attempts', () => {
  it('doubles up to its most, and lies anywhere below', () => {
    const backoff = new Backoff({}, () => 1);
    const waits = Array.from({ length: 10 }, () => backoff.next());
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    backoff.reset();
    expect(backoff.next()).toBe(250);
    const lucky = new Backoff({}, () => 0);
    expect([lucky.next(), lucky.next()]).toEqual([0, 0]);
    const many = new Backoff({ minMs: 10, maxMs: 20 }, () => 1);
    for (let count = 0; count < 2_000; count++) expect(many.next()).toBeLessThanOrEqual(20);
  });

  it('grows while nobody greets, and begins anew after a connection that held', async () => {
    const { live } = await connect();
    const waits: number[] = [];
    for (let count = 0; count < 9; count++) {
      last().events.closed(1006);
      waits.push(Math.round((live.retryAt ?? 0) - Date.now()));
      expect(live.state).toBe('waiting');
      await vi.advanceTimersByTimeAsync((live.retryAt ?? 0) - Date.now() + 1);
      expect(live.state).toBe('connecting');
    }
    expect(waits).toEqual([250, 500, 999, 1998, 3996, 7992, 15984, 29970, 29970]);
    last().greet();
    await vi.advanceTimersByTimeAsync(1_000);
    last().events.closed(1006);
    expect(Math.round((live.retryAt ?? 0) - Date.now())).toBe(250);
    live.close();
  });

  it('is cut short where the network comes back, or somebody looks', async () => {
    const page = new EventTarget();
    const shown = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
    vi.stubGlobal('document', shown);
    const { live } = await connect();
    last().end({ code: 1001, reconnect: true, retry_after_ms: 60_000 });
    shown.dispatchEvent(new Event('visibilitychange'));
    await vi.advanceTimersByTimeAsync(0);
    expect(attempts).toHaveLength(1);
    shown.visibilityState = 'visible';
    shown.dispatchEvent(new Event('visibilitychange'));
    await vi.advanceTimersByTimeAsync(0);
    expect(attempts).toHaveLength(2);
    last().events.closed(1006);
    page.dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(0);
    expect(attempts).toHaveLength(3);
    // An open one shows that it still holds, or is given up.
    last().greet();
    page.dispatchEvent(new Event('online'));
    expect(last().names).toEqual(['system.ping']);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(live.state).toBe('waiting');
    live.close();
    page.dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(attempts).toHaveLength(3);
  });
});

describe('the end of a connection', () => {
  it.each([4400, 4403, 4409, 1009])('is the last one where the server says so, until somebody asks: %i', async (code) => {
    const { live, session } = await connect();
    last().greet();
    last().end({ code, reconnect: false });
    await vi.advanceTimersByTimeAsync(120_000);
    expect([live.state, live.retryAt, attempts.length]).toEqual(['stopped', null, 1]);
    expect([live.ending, session.user]).toEqual([{ code, reason: 'because' }, USER]);
    live.retryNow();
    await vi.advanceTimersByTimeAsync(0);
    last().greet();
    expect([live.state, attempts.length]).toEqual(['open', 2]);
    live.close();
  });

  it.each([4400, 4403])('is the last one by its code alone, too: %i', async (code) => {
    const { live } = await connect();
    last().greet();
    last().events.closed(code);
    expect(live.state).toBe('stopped');
    live.close();
    expect(live.state).toBe('closed');
  });

  it('with 4403 keeps the messages that wait, and what was missed', async () => {
    const { live } = await connect();
    last().greet();
    live.follow(5, 3);
    const sent = live.send(5, 'on its way', { clientMsgId: 'a' });
    await vi.advanceTimersByTimeAsync(0);
    last().end({ code: 4403, reconnect: false });
    const later = live.send(5, 'written meanwhile', { clientMsgId: 'b' });
    await vi.advanceTimersByTimeAsync(60_000);
    live.retryNow();
    await vi.advanceTimersByTimeAsync(0);
    last().greet();
    await vi.advanceTimersByTimeAsync(0);
    expect(last().names).toEqual(['system.resume', 'chat.send']);
    expect(last().sent[0]?.payload).toEqual({ cursors: [{ chat_id: 5, after_seq: 3 }] });
    for (const [index, id] of ['a', 'b'].entries()) {
      const frame = last().sent.at(-1);
      expect(frame?.payload).toMatchObject({ client_msg_id: id });
      last().answer(frame, { chat_id: 5, seq: 4 + index, id: 4 + index, created_at: '2026-01-01T00:00:00Z' });
      await vi.advanceTimersByTimeAsync(0);
    }
    expect([(await sent).seq, (await later).seq]).toEqual([4, 5]);
    live.close();
  });

  it.each([1009, 4400])('with %i, for what was sent, does not send that again', async (code) => {
    const { live } = await connect();
    last().greet();
    const refused = live.send(5, 'too much').catch((error: unknown) => error);
    const waiting = live.send(5, 'harmless').catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(0);
    last().end({ code, reconnect: false });
    expect(await refused).toMatchObject({ code: 'closed' });
    live.retryNow();
    await vi.advanceTimersByTimeAsync(0);
    last().greet();
    expect(last().sent.map(({ payload }) => payload)).toEqual([expect.objectContaining({ content: 'harmless' })]);
    live.close();
    expect(await waiting).toMatchObject({ code: 'closed' });
  });

  it('waits for as long as the server says', async () => {
    const { live } = await connect();
    last().greet();
    last().end({ code: 1001, reconnect: true, retry_after_ms: 4_321 });
    expect((live.retryAt ?? 0) - Date.now()).toBe(4_321);
    await vi.advanceTimersByTimeAsync(4_320);
    expect(attempts).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(attempts).toHaveLength(2);
    live.close();
  });

  it('with 4401 is that of the session only where the server does not know it any more', async () => {
    const { live, session } = await connect();
    last().greet();
    await vi.advanceTimersByTimeAsync(1_000);
    last().end({ code: 4401, reconnect: false });
    await vi.advanceTimersByTimeAsync(0);
    expect([attempts.length, session.user]).toEqual([2, USER]);
    last().greet();
    await vi.advanceTimersByTimeAsync(1_000);
    const heard: unknown[] = [];
    session.events.on('session', (user) => heard.push(user));
    world.isAlive = false;
    last().end({ code: 4401, reconnect: false });
    await vi.advanceTimersByTimeAsync(120_000);
    expect([live.state, attempts.length, session.user, heard]).toEqual(['closed', 2, null, [null]]);
  });

  it('is no end of the session while nobody can say whether it is', async () => {
    const { live, session } = await connect();
    world.isReachable = false;
    last().events.closed(1006);
    await vi.advanceTimersByTimeAsync(120_000);
    expect([live.state, attempts.length, session.user]).toEqual(['waiting', 1, USER]);
    world.isReachable = true;
    await vi.advanceTimersByTimeAsync((live.retryAt ?? 0) - Date.now() + 1);
    last().greet();
    expect([live.state, attempts.length]).toEqual(['open', 2]);
    live.close();
  });

  it('comes, too, where nobody greets or answers', async () => {
    const { live } = await connect();
    await vi.advanceTimersByTimeAsync(9_999);
    expect(live.state).toBe('connecting');
    await vi.advanceTimersByTimeAsync(1);
    expect([live.state, attempts[0]?.isClosed]).toEqual(['waiting', true]);
    await vi.advanceTimersByTimeAsync(1_000);
    last().greet();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(last().names).toEqual(['system.ping']);
    last().answer(last().sent[0]);
    await vi.advanceTimersByTimeAsync(24_900);
    expect([live.state, last().names.length]).toEqual(['open', 2]);
    await vi.advanceTimersByTimeAsync(100);
    expect(live.state).toBe('waiting');
    // What is told by one that was given up counts no more.
    attempts[1]?.greet();
    expect(live.state).toBe('waiting');
    live.close();
  });
});

describe('a network that fails in silence', () => {
  it('is given up, and tried again', async () => {
    const { live } = await connect();
    world.isSilent = true;
    last().events.closed(1006);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([live.state, attempts.length]).toEqual(['connecting', 1]);
    await vi.advanceTimersByTimeAsync(10_300);
    expect(live.state).toBe('waiting');
    world.isSilent = false;
    await vi.advanceTimersByTimeAsync(1_000);
    last().greet();
    expect([live.state, attempts.length]).toEqual(['open', 2]);
    live.close();
  });

  it('is not waited for where there is another', async () => {
    const page = new EventTarget();
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
    const { live } = await connect();
    page.dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(0);
    expect(attempts.map(({ isClosed }) => isClosed)).toEqual([true, false]);
    last().greet();
    expect(live.state).toBe('open');
    live.close();
  });
});

describe('a listener', () => {
  it.each(['connecting', 'open', 'waiting'] as const)(
    'may close the connection when it is %s, and that is the end',
    async (when) => {
      const { live } = await connect();
      live.on('state', (state) => {
        if (state === when) live.close();
      });
      last().greet();
      last().events.closed(1006);
      await vi.advanceTimersByTimeAsync(1_000);
      if (when === 'connecting') expect(attempts).toHaveLength(1);
      last().events.closed(1006);
      await vi.advanceTimersByTimeAsync(120_000);
      expect([live.state, live.retryAt, attempts.length]).toEqual(['closed', null, 1]);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it('that throws keeps nothing from the others', async () => {
    const { live } = await connect();
    const uncaught: unknown[] = [];
    const queue = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((work) => {
      try {
        work();
      } catch (error) {
        uncaught.push(error);
      }
    });
    const states: string[] = [];
    live.on('state', () => {
      throw new Error('from a listener');
    });
    live.on('state', (state) => states.push(state));
    last().greet();
    expect([states, uncaught]).toEqual([['open'], [new Error('from a listener')]]);
    live.close();
    queue.mockRestore();
  });
});

describe('commands and messages', () => {
  it('come after what is resumed, batch by batch', async () => {
    const { live } = await connect();
    for (let chat = 1; chat <= 300; chat++) live.follow(chat, 0);
    const asked = live.command('system.ping', {});
    last().greet();
    expect(last().names).toEqual(['system.resume', 'system.ping']);
    last().answer(last().sent[1], { server_time: 1 });
    await asked;
    for (const size of [128, 128, 44]) {
      const [resume] = last()
        .sent.filter(({ command }) => command === 'resume')
        .slice(-1);
      const { cursors } = (resume?.payload ?? {}) as { cursors: { chat_id: number }[] };
      expect(cursors).toHaveLength(size);
      last().answer(resume, {
        chats: cursors.map(({ chat_id }) => ({ chat_id, recovered: true, last_seq: 0, has_more: false })),
      });
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(last().names).toHaveLength(4);
    live.close();
  });

  it('are told once in chats that are not followed, whether the answer or the server tells first', async () => {
    const { live } = await connect();
    last().greet();
    const told: unknown[] = [];
    live.on('entry', ({ chat_id, seq }) => told.push([chat_id, seq]));
    for (const [chat, isAnsweredFirst] of [
      [1, true],
      [2, false],
    ] as const) {
      const entry = { chat_id: chat, seq: 9, id: 9, created_at: '2026-01-01T00:00:00Z' };
      const sent = live.send(chat, 'Hello!', { clientMsgId: 'x' });
      await vi.advanceTimersByTimeAsync(0);
      // It was stored, but the answer was lost with the connection that asked: now somebody else seems to have said it.
      last().events.closed(1006);
      await vi.advanceTimersByTimeAsync((live.retryAt ?? 0) - Date.now() + 1);
      last().greet();
      await vi.advanceTimersByTimeAsync(0);
      const data = { ...entry, kind: 'message', from_id: 7, from_name: 'alice', content: 'Hello!', client_msg_id: 'x' };
      const steps = [
        () => last().answer(last().sent.at(-1), entry),
        () => last().events.frame({ type: 'event', v: 1, domain: 'chat', event: 'message', data }),
      ];
      for (const step of isAnsweredFirst ? steps : steps.reverse()) {
        step();
        await vi.advanceTimersByTimeAsync(0);
      }
      await sent;
      expect(told.splice(0)).toEqual([[chat, 9]]);
    }
    live.close();
  });

  it('are bounded, and refused at once beyond that', async () => {
    const { live } = await connect();
    const outcomes: string[] = [];
    const note = (work: Promise<unknown>): void => void work.catch((error: { code: string }) => outcomes.push(error.code));
    for (let count = 0; count < 1_001; count++) note(live.command('system.ping', {}));
    await vi.advanceTimersByTimeAsync(0);
    expect(outcomes).toEqual(['queue_full']);
    for (let count = 0; count < 1_001; count++) note(live.send(1, 'text'));
    await vi.advanceTimersByTimeAsync(0);
    expect(outcomes).toEqual(['queue_full', 'queue_full']);
    live.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(outcomes).toHaveLength(2_002);
    expect(new Set(outcomes)).toEqual(new Set(['queue_full', 'closed']));
  });

  it('are bounded by their size', async () => {
    const { live } = await connect();
    const outcomes: string[] = [];
    const note = (work: Promise<unknown>): void => void work.catch((error: { code: string }) => outcomes.push(error.code));
    for (let count = 0; count < 65; count++) note(live.send(count, 'x'.repeat(65_536)));
    await vi.advanceTimersByTimeAsync(0);
    expect(outcomes).toEqual(['queue_full']);
    live.close();
  });

  it('are sent again under the same id until they are answered, and one after the other', async () => {
    const { live } = await connect();
    const first = live.send(1, 'one');
    const second = live.send(1, 'two');
    const sends = (): CommandFrame[] => attempts.flatMap(({ sent }) => sent.filter(({ command }) => command === 'send'));
    last().greet();
    last().events.closed(1006);
    await vi.advanceTimersByTimeAsync(1_000);
    last().greet();
    last().refuse(sends().at(-1), { code: 'unavailable', detail: 'later', retry_after: 3 });
    await vi.advanceTimersByTimeAsync(2_999);
    expect(sends()).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sends()).toHaveLength(3);
    // No answer at all.
    await vi.advanceTimersByTimeAsync(14_000);
    for (const frame of last().sent.filter(({ command }) => command === 'ping')) last().answer(frame);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(sends()).toHaveLength(4);
    expect(new Set(sends().map(({ payload }) => JSON.stringify(payload))).size).toBe(1);
    last().answer(sends().at(-1), { chat_id: 1, seq: 1, id: 1, created_at: 'now', duplicate: true });
    expect(await first).toMatchObject({ seq: 1 });
    await vi.advanceTimersByTimeAsync(0);
    expect(sends()).toHaveLength(5);
    last().refuse(sends().at(-1), { code: 'forbidden', detail: 'no' });
    await expect(second).rejects.toMatchObject({ code: 'forbidden', detail: 'no' });
    live.close();
  });
});

describe('a message that a limit of the hour or the day refuses', () => {
  it('is rejected, with the time at which to try again, and the next one is tried', async () => {
    const { live } = await connect();
    last().greet();
    const [first, second] = [live.send(1, 'one'), live.send(1, 'two')];
    const refused = first.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(0);
    const sends = (): CommandFrame[] => last().sent.filter(({ command }) => command === 'send');
    last().refuse(sends().at(-1), { code: 'too_many_requests', detail: 'Quota exceeded', retry_after: 7_200 });
    expect(await refused).toMatchObject({ code: 'too_many_requests', retryAfter: 7_200 });
    await vi.advanceTimersByTimeAsync(0);
    last().answer(sends().at(-1), { chat_id: 1, seq: 1, id: 1, created_at: 'now', duplicate: false });
    expect(await second).toMatchObject({ seq: 1 });
    live.close();
  });
});

describe('an entry that is withheld', () => {
  const message = (seq: number) => ({ id: seq, chat_id: 5, seq, kind: 'message', content: `text ${seq}`, created_at: 'now' });
  const withheld = (seq: number) => ({ ...message(seq), kind: 'withheld', from_id: null, from_name: null, content: null });
  const deliver = (entry: { readonly kind: string }): void =>
    last().events.frame({ type: 'event', v: 1, domain: 'chat', event: entry.kind, data: entry });
  const heardOf = (live: LiveConnection): [seqs: number[], events: string[]] => {
    const [seqs, events]: [number[], string[]] = [[], []];
    live.on('entry', ({ seq }) => seqs.push(seq));
    live.on('event', ({ name }) => events.push(name));
    return [seqs, events];
  };

  it('moves the cursor of a chat that is followed, and is shown to nobody', async () => {
    const { live } = await connect();
    const heard = heardOf(live);
    live.follow(5, 0);
    last().greet();
    await vi.advanceTimersByTimeAsync(0);
    last().answer(last().sent.at(-1), { chats: [{ chat_id: 5, recovered: true, last_seq: 0 }] });
    await vi.advanceTimersByTimeAsync(0);
    const asked = last().sent.length;
    for (const entry of [message(1), withheld(2), message(3)]) deliver(entry);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(heard).toEqual([[1, 3], []]);
    // Nothing is missing, so nothing is fetched.
    expect(last().sent.length).toBe(asked);
    last().events.closed(1006);
    await vi.advanceTimersByTimeAsync(1_000);
    last().greet();
    expect(last().sent.at(-1)?.payload).toEqual({ cursors: [{ chat_id: 5, after_seq: 3 }] });
    live.close();
  });

  it('closes a gap where it was fetched', async () => {
    const { live } = await connect();
    const heard = heardOf(live);
    live.follow(5, 0);
    last().greet();
    await vi.advanceTimersByTimeAsync(0);
    last().answer(last().sent.at(-1), { chats: [{ chat_id: 5, recovered: false, last_seq: 2 }] });
    await vi.advanceTimersByTimeAsync(0);
    last().answer(last().sent.at(-1), { messages: [withheld(1), message(2)], last_seq: 2, has_more: false });
    await vi.advanceTimersByTimeAsync(1_000);
    expect([heard, last().names.filter((name) => name === 'chat.sync')]).toEqual([[[2], []], ['chat.sync']]);
    live.close();
  });

  it('of a chat that is not followed is passed over', async () => {
    const { live } = await connect();
    const heard = heardOf(live);
    last().greet();
    deliver(withheld(1));
    deliver(message(2));
    expect(heard).toEqual([[2], []]);
    live.close();
  });
});

describe('a log that ends before the cursor', () => {
  const entry = (seq: number) => ({ id: seq, chat_id: 5, seq, kind: 'message', content: `text ${seq}` });
  const follow = async () => {
    const { live } = await connect();
    const heard: number[] = [];
    live.on('entry', ({ seq }) => heard.push(seq));
    live.follow(5, 100);
    last().greet();
    const [resume] = last().sent;
    expect(resume).toMatchObject({ command: 'resume', payload: { cursors: [{ chat_id: 5, after_seq: 100 }] } });
    return {
      heard,
      resume,
      tell: (seq: number) => last().events.frame({ type: 'event', domain: 'chat', event: 'message', data: entry(seq) }),
    };
  };
  const answerSync = async (lastSeq: number): Promise<void> => {
    await vi.advanceTimersByTimeAsync(0);
    const sync = last().sent.find(({ command }) => command === 'sync');
    expect(sync?.payload).toMatchObject({ chat_id: 5, after_seq: 100 });
    last().answer(sync, { messages: [], last_seq: lastSeq, has_more: false });
    await vi.advanceTimersByTimeAsync(0);
  };

  it('was restored from a backup: what is written from there on is told', async () => {
    const { heard, resume, tell } = await follow();
    last().answer(resume, { chats: [{ chat_id: 5, recovered: false, last_seq: 50, has_more: false }] });
    await answerSync(50);
    for (const seq of [51, 52]) tell(seq);
    expect(heard).toEqual([51, 52]);
  });

  it('may be that of a node that is late: nothing is told twice', async () => {
    const { heard, resume, tell } = await follow();
    last().answer(resume, { chats: [{ chat_id: 5, recovered: false, last_seq: 90, has_more: false }] });
    await answerSync(100);
    for (const seq of [99, 100, 101]) tell(seq);
    expect(heard).toEqual([101]);
  });
});

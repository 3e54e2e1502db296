import { describe, expect, it, vi } from 'vitest';
import type { Chat, ChatSummary, LiveConnection, LogEntry, ServerEvent, State } from '../../clients/typescript/src/index.js';
import { ChatList } from '../../web/src/chat/chat-list.js';
import { piecesOf } from '../../web/src/chat/linkify.js';

const SELF = 1;
const AT = '2026-01-01T00:00:00Z';

interface Asked {
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly answer: (data: unknown) => Promise<void>;
}

/** A connection whose answers the test gives, one by one and when it wants to. */
class HandLive {
  state: State = 'open';
  readonly asked: Asked[] = [];
  readonly followed: (readonly [chatId: number, afterSeq: number])[] = [];
  private readonly listeners: Record<string, Set<(...args: never[]) => void>> = {};

  on(name: string, listener: (...args: never[]) => void): () => void {
    const all = (this.listeners[name] ??= new Set());
    all.add(listener);
    return () => all.delete(listener);
  }

  tell(name: 'entry' | 'event' | 'state', what: LogEntry | ServerEvent | State): void {
    for (const listener of [...(this.listeners[name] ?? [])]) listener(what as never);
  }

  command(name: string, payload: Readonly<Record<string, unknown>>): Promise<unknown> {
    return new Promise((resolve) => {
      const answer = async (data: unknown): Promise<void> => {
        resolve(data);
        await settled();
      };
      this.asked.push({ name, payload, answer });
    });
  }

  follow(chatId: number, afterSeq: number): void {
    this.followed.push([chatId, afterSeq]);
  }

  unfollow(): void {}

  /** The first question of that name that was not answered yet. */
  take(name: string): Asked {
    const at = this.asked.findIndex((one) => one.name === name);
    const [found] = at < 0 ? [] : this.asked.splice(at, 1);
    if (!found) throw new Error(`nobody asks ${name}, but ${this.asked.map((one) => one.name).join(', ')}`);
    return found;
  }

  names(): string[] {
    return this.asked.map(({ name }) => name);
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const listOf = (): { readonly live: HandLive; readonly list: ChatList } => {
  const live = new HandLive();
  return { live, list: new ChatList(live as unknown as LiveConnection, SELF) };
};

const summary = (chatId: number, lastSeq: number, fields: Partial<ChatSummary> = {}): ChatSummary => ({
  chat_id: chatId,
  chat_type: 'group',
  chat_name: `chat ${chatId}`,
  last_seq: lastSeq,
  read_seq: lastSeq,
  unread: 0,
  created_at: AT,
  last_activity_at: AT,
  last_message: null,
  ...fields,
});

const chatOf = (chatId: number, lastSeq: number, fields: Partial<Chat> = {}): Chat => {
  const { last_message: _, ...chat } = summary(chatId, lastSeq);
  return { ...chat, members: [], ...fields };
};

const entry = (chatId: number, seq: number, fields: Partial<LogEntry> = {}): LogEntry => ({
  id: seq,
  chat_id: chatId,
  seq,
  kind: 'message',
  from_id: 2,
  from_name: 'bob',
  content: `text ${seq}`,
  content_type: 'text/plain',
  created_at: AT,
  client_msg_id: null,
  ...fields,
});

const page = (chats: readonly ChatSummary[], next: string | null = null) => ({ chats, next_cursor: next });

describe('the list of chats', () => {
  it('keeps what is said while it is on its way', async () => {
    const { live, list } = listOf();
    await live.take('chat.list').answer(page([summary(5, 9)]));
    live.tell('state', 'open');
    const reading = live.take('chat.list');
    // Stored after the server has read the list, and told before its answer.
    live.tell('entry', entry(5, 10));
    await reading.answer(page([summary(5, 9)]));
    expect(list.find(5)).toMatchObject({ last_seq: 10, unread: 1, last_message: { content: 'text 10' } });
  });

  it('keeps what was read, and left, while it is on its way', async () => {
    const { live, list } = listOf();
    await live.take('chat.list').answer(page([summary(5, 9, { read_seq: 6, unread: 3 }), summary(6, 1)]));
    live.tell('state', 'open');
    list.read(5);
    list.forget(6);
    await live.take('chat.list').answer(page([summary(5, 9, { read_seq: 6, unread: 3 }), summary(6, 1)]));
    expect([list.find(5)?.unread, list.find(5)?.read_seq, list.find(6)]).toEqual([0, 9, undefined]);
  });

  it('is read again after a connection was lost, also while a later page is on its way', async () => {
    const { live, list } = listOf();
    await live.take('chat.list').answer(page([summary(5, 9)], 'two'));
    void list.more();
    live.tell('state', 'open');
    const questions = [live.take('chat.list'), live.take('chat.list')];
    expect(questions.map(({ payload }) => payload['cursor'])).toEqual(['two', null]);
    await questions[1]?.answer(page([summary(4, 3), summary(5, 9)], 'three'));
    // What came after the old first page is not what comes after the new one.
    await questions[0]?.answer(page([summary(3, 1)], null));
    expect(list.all().map(({ chat_id: id }) => id)).toEqual([5, 4]);
    expect(list.hasMore).toBe(true);
  });

  it('asks once for a chat that it does not know, however much is said there', async () => {
    const { live, list } = listOf();
    await live.take('chat.list').answer(page([]));
    for (let seq = 1; seq <= 50; seq += 1) live.tell('entry', entry(7, seq));
    expect(live.names()).toEqual(['chat.get']);
    await live.take('chat.get').answer(chatOf(7, 40, { unread: 40, read_seq: 0 }));
    await live.take('chat.get').answer(chatOf(7, 50, { unread: 50, read_seq: 0 }));
    expect(list.find(7)).toMatchObject({ last_seq: 50, unread: 50, last_message: { content: 'text 50' } });
    expect(live.names()).toEqual([]);
  });

  it('does not learn of a chat that was left while it was asked for', async () => {
    const { live, list } = listOf();
    await live.take('chat.list').answer(page([]));
    live.tell('entry', entry(7, 1));
    live.tell('entry', entry(7, 2, { kind: 'left', member_id: SELF }));
    await live.take('chat.get').answer(chatOf(7, 1));
    expect(list.find(7)).toBeUndefined();
  });

  it('says what was read of a chat that is looked at no longer', async () => {
    const { live, list } = listOf();
    await live.take('chat.list').answer(page([summary(5, 9)]));
    list.watch(5);
    live.tell('entry', entry(5, 10));
    list.watch(null);
    expect(live.take('chat.read').payload).toEqual({ chat_id: 5, seq: 10 });
    live.tell('entry', entry(5, 11));
    expect(list.find(5)).toMatchObject({ read_seq: 10, unread: 1 });
  });
});

describe('the log of a chat', () => {
  /** A log with these messages, of which there are older ones. */
  const opened = async (lastSeq: number, messages: readonly LogEntry[] = [], chatId = 5) => {
    const { live, list } = listOf();
    await live.take('chat.list').answer(page([summary(chatId, lastSeq)]));
    const log = list.log(chatId);
    await live.take('chat.get').answer(chatOf(chatId, lastSeq));
    await live.take('chat.history').answer({ messages, last_seq: lastSeq, has_more: true });
    expect(live.followed).toEqual([[chatId, lastSeq]]);
    return { live, list, log };
  };
  const texts = (log: ReturnType<ChatList['log']>) => log.messages().map(({ kind, content }) => [kind, content]);

  it('begins anew for somebody who was removed and is back', async () => {
    const { live, list, log } = await opened(9, [entry(5, 9)]);
    live.tell('entry', entry(5, 10, { kind: 'left', member_id: SELF }));
    expect([log.isGone, list.find(5), list.log(5)]).toEqual([true, undefined, log]);
    live.tell('entry', entry(5, 12, { kind: 'joined', member_id: SELF }));
    await live.take('chat.get').answer(chatOf(5, 12));
    const again = list.log(5);
    expect([again === log, again.isGone]).toEqual([false, false]);
    while (live.names().includes('chat.get')) await live.take('chat.get').answer(chatOf(5, 12));
    await live.take('chat.history').answer({ messages: [entry(5, 9), entry(5, 11)], last_seq: 12, has_more: false });
    expect([again.isLoaded, again.messages().length]).toEqual([true, 2]);
  });

  it('does not undo a newer edit by the answer to an older one', async () => {
    const { live, log } = await opened(9, [entry(5, 9, { from_id: SELF })]);
    const editing = log.edit(9, 'first');
    live.tell('entry', entry(5, 10, { kind: 'edited', target_seq: 9, content: 'first', from_id: SELF }));
    live.tell('entry', entry(5, 11, { kind: 'edited', target_seq: 9, content: 'second', from_id: SELF }));
    await live.take('chat.edit').answer({ seq: 10 });
    await editing;
    expect(texts(log)).toEqual([['message', 'second']]);
  });

  it('knows of changes of older messages that were made while those were on their way', async () => {
    const { live, log } = await opened(9, [entry(5, 9)]);
    void log.older();
    live.tell('entry', entry(5, 10, { kind: 'deleted', target_seq: 3, content: null }));
    live.tell('entry', entry(5, 11, { kind: 'edited', target_seq: 4, content: 'new' }));
    await live.take('chat.history').answer({ messages: [entry(5, 3), entry(5, 4)], last_seq: 9, has_more: false });
    expect(texts(log)).toEqual([
      ['deleted', ''],
      ['message', 'new'],
      ['message', 'text 9'],
    ]);
  });

  it('says no longer what went wrong once it has gone right', async () => {
    const { live, log } = await opened(9, [entry(5, 9)]);
    vi.spyOn(live, 'command').mockRejectedValueOnce(new Error('no'));
    await log.refresh();
    expect(log.fault).toBeInstanceOf(Error);
    const again = log.refresh();
    await live.take('chat.get').answer(chatOf(5, 9));
    await again;
    expect(log.fault).toBeNull();
  });

  it('shows what is said after a backup was restored, instead of what is not there any more', async () => {
    const { live, log } = await opened(4, [entry(5, 1), entry(5, 2), entry(5, 3), entry(5, 4)]);
    live.tell('entry', entry(5, 3));
    expect(log.messages().length).toBe(4);
    live.tell('entry', entry(5, 3, { content: 'another', created_at: '2026-01-02T00:00:00Z' }));
    expect(texts(log).map(([, content]) => content)).toEqual(['text 1', 'text 2', 'another']);
  });

  it('forgets the oldest of very many messages, and has them again when somebody wants them', async () => {
    const { live, log } = await opened(0);
    for (let seq = 1; seq <= 12_000; seq += 1) live.tell('entry', entry(5, seq));
    const kept = log.messages();
    expect(kept.length).toBeLessThanOrEqual(5_000);
    expect([kept.length > 4_000, kept.at(-1)?.seq, log.hasOlder]).toEqual([true, 12_000, true]);
    void log.older();
    expect(live.take('chat.history').payload['before_seq']).toBe(kept[0]?.seq);
  });
});

describe('addresses in a message', () => {
  it('are found without what ends the sentence', () => {
    const links = (text: string) => piecesOf(text).flatMap(({ href }) => href ?? []);
    expect(links('See https://a.example/x, (http://b.example/y_(z)). And http://c.example/?q=1!?')).toEqual([
      'https://a.example/x',
      'http://b.example/y_(z)',
      'http://c.example/?q=1',
    ]);
    expect(links('javascript:alert(1) data:text/html,x ftp://d.example http://')).toEqual([]);
  });

  it.each([`http://${'.'.repeat(65_000)}a`, `http://a${')'.repeat(65_000)}`, 'http://a.'.repeat(7_000), 'http://'.repeat(9_000)])(
    'take no time, whatever was written (%#)',
    (text) => {
      const started = performance.now();
      expect(
        piecesOf(text)
          .map((piece) => piece.text)
          .join(''),
      ).toBe(text);
      expect(performance.now() - started).toBeLessThan(500);
    },
  );
});

import { describe, expect, it, vi } from 'vitest';
import type { ChatSummary, LiveConnection, LogEntry } from '../../clients/typescript/src/index.js';
import { ChatList } from '../../web/src/chat/chat-list.js';
import { piecesOf } from '../../web/src/chat/linkify.js';
import { chatOf, entry, HandLive, SELF, summary } from '../support/hand-live.js';

const listOf = (): { readonly live: HandLive; readonly list: ChatList } => {
  const live = new HandLive();
  return { live, list: new ChatList(live as unknown as LiveConnection, SELF) };
};

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

  it('leaves out a chat that was hidden on another device, and reads itself again for one that is back', async () => {
    const { live, list } = listOf();
    await live.take('chat.list').answer(page([summary(5, 9), summary(6, 1)]));
    live.tell('event', { name: 'chat.hidden', data: { chat_id: 5, hidden: true } });
    expect(list.all().map(({ chat_id: id }) => id)).toEqual([6]);
    live.tell('event', { name: 'chat.hidden', data: { chat_id: 5, hidden: false } });
    await live.take('chat.list').answer(page([summary(5, 9), summary(6, 1)]));
    expect(list.all().length).toBe(2);
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

describe('the badge of a chat', () => {
  const opened = async (changes: Partial<ChatSummary>) => {
    const { live, list } = listOf();
    await live.take('chat.list').answer(page([summary(5, 9, changes)]));
    return { live, list, badge: () => list.find(5)?.unread };
  };

  it('is what the server counts after an unread message of any author was deleted', async () => {
    const { live, badge } = await opened({ read_seq: 6, unread: 3 });
    live.tell('entry', entry(5, 10, { kind: 'deleted', target_seq: 8, content: null }));
    await live.take('chat.get').answer(chatOf(5, 10, { read_seq: 6, unread: 2 }));
    expect(badge()).toBe(2);
    // What was read already, and edits, change nothing.
    live.tell('entry', entry(5, 11, { kind: 'deleted', target_seq: 4, content: null }));
    live.tell('entry', entry(5, 12, { kind: 'edited', target_seq: 9, content: 'x' }));
    expect([badge(), live.names()]).toEqual([2, []]);
  });

  it('counts neither what is deleted already nor more than the server does', async () => {
    const { live, badge } = await opened({ read_seq: 0, unread: 998 });
    live.tell('entry', entry(5, 10, { content: null, deleted_seq: 11 }));
    expect(badge()).toBe(998);
    for (const seq of [11, 12, 13]) live.tell('entry', entry(5, seq));
    expect(badge()).toBe(999);
  });

  it('goes when its user answers on another device, and is asked for when a part was read there', async () => {
    const { live, list, badge } = await opened({ read_seq: 2, unread: 7 });
    live.tell('event', { name: 'chat.read', data: { chat_id: 5, user_id: SELF, seq: 6 } });
    await live.take('chat.get').answer(chatOf(5, 9, { read_seq: 6, unread: 1 }));
    expect(badge()).toBe(1);
    live.tell('entry', entry(5, 10, { from_id: SELF }));
    expect([badge(), list.find(5)?.read_seq]).toEqual([0, 10]);
    expect(live.names()).toEqual([]);
  });

  it('is asked for again while more happens than the answer knows, once at a time', async () => {
    const { live, badge } = await opened({ read_seq: 0, unread: 9 });
    for (const seq of [10, 11, 12]) live.tell('entry', entry(5, seq, { kind: 'deleted', target_seq: seq - 9, content: null }));
    expect(live.names()).toEqual(['chat.get']);
    await live.take('chat.get').answer(chatOf(5, 10, { read_seq: 0, unread: 8 }));
    expect(badge()).toBe(9);
    await live.take('chat.get').answer(chatOf(5, 12, { read_seq: 0, unread: 6 }));
    expect([badge(), live.names()]).toEqual([6, []]);
  });

  it('comes with the whole list where a chat is too lively to be asked about', async () => {
    const { live, badge } = await opened({ read_seq: 0, unread: 9 });
    live.tell('entry', entry(5, 10, { kind: 'deleted', target_seq: 3, content: null }));
    for (const seq of [20, 30, 40]) await live.take('chat.get').answer(chatOf(5, seq, { read_seq: 0, unread: 8 }));
    await live.take('chat.list').answer(page([summary(5, 50, { read_seq: 0, unread: 8 })]));
    expect(badge()).toBe(8);
  });
});

describe('the place of a chat in the list', () => {
  it('changes with messages only', async () => {
    const { live, list } = listOf();
    const [old, fresh] = [{ last_activity_at: '2024-02-10T00:00:00.000Z' }, { last_activity_at: '2024-02-11T00:00:00.000Z' }];
    await live.take('chat.list').answer(page([summary(6, 1, fresh), summary(5, 9, old)]));
    const order = () => list.all().map(({ chat_id: id }) => id);
    const created_at = '2024-02-12T00:00:00.000Z';
    live.tell('entry', entry(5, 10, { kind: 'edited', target_seq: 9, created_at }));
    live.tell('entry', entry(5, 11, { kind: 'joined', member_id: 9, created_at }));
    expect(order()).toEqual([6, 5]);
    live.tell('entry', entry(5, 12, { created_at }));
    expect(order()).toEqual([5, 6]);
  });
});

describe('a new name of somebody', () => {
  const update = (username: string, more: { readonly is_active?: boolean } = {}) => ({
    name: 'chat.member_updated' as const,
    data: { user_id: 2, username, is_active: true, is_deleted: false, ...more },
  });

  it('is in the list of chats and in an open one at once', async () => {
    const { live, list } = listOf();
    await live.take('chat.list').answer(page([summary(5, 9)]));
    const log = list.log(5);
    const members = [
      { user_id: SELF, username: 'self', role: 'member' as const, read_seq: 0, online: true },
      { user_id: 2, username: 'before', role: 'member' as const, read_seq: 0, online: false },
    ];
    await live.take('chat.get').answer(chatOf(5, 9, { chat_type: 'personal', chat_name: 'before', members }));
    const messages = [entry(5, 9, { from_id: 2, from_name: 'before' })];
    await live.take('chat.history').answer({ messages, last_seq: 9, has_more: false });
    live.tell('event', update('after'));
    await live.take('chat.list').answer(page([summary(5, 9, { chat_name: 'after' })]));
    expect([list.find(5)?.chat_name, log.chat?.chat_name, log.messages()[0]?.fromName]).toEqual(['after', 'after', 'after']);
    expect(log.chat?.members.map(({ username }) => username)).toEqual(['self', 'after']);
    live.tell('event', update('after', { is_active: false }));
    expect(log.chat?.members[1]?.is_active).toBe(false);
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

  it('is read anew where somebody was blocked or unblocked, and what is there stays until then', async () => {
    const { live, list, log } = await opened(3, [entry(5, 1), entry(5, 2, { from_id: 3 }), entry(5, 3)]);
    list.refresh();
    await live.take('chat.list').answer(page([summary(5, 3)]));
    expect(log.messages().length).toBe(3);
    // Stored after the history was read, and delivered before its answer: it is fetched from where the history ends.
    live.tell('entry', entry(5, 4));
    await live.take('chat.get').answer(chatOf(5, 3));
    await live.take('chat.history').answer({ messages: [entry(5, 1), entry(5, 3)], last_seq: 3, has_more: false });
    expect(log.messages().map(({ seq }) => seq)).toEqual([1, 3]);
    expect(live.followed.at(-1)).toEqual([5, 3]);
  });

  it('keeps what is being sent while it is read anew', async () => {
    const { live, list, log } = await opened(1, [entry(5, 1)]);
    log.pending = [{ clientMsgId: 'a', content: 'on its way', fault: null }];
    list.refresh();
    await live.take('chat.list').answer(page([summary(5, 1)]));
    await live.take('chat.get').answer(chatOf(5, 1));
    await live.take('chat.history').answer({ messages: [], last_seq: 1, has_more: false });
    expect([log.messages().length, log.pending.length]).toEqual([0, 1]);
  });

  it('knows who was invited, until they join', async () => {
    const { log } = await opened(1, [entry(5, 1)]);
    log.invite(['Dave', 'erin']);
    log.invite(['erin']);
    log.know(chatOf(5, 2));
    expect(log.invited).toEqual(['Dave', 'erin']);
    log.know(chatOf(5, 3, { members: [{ user_id: 9, username: 'dave', role: 'member', online: false, read_seq: 0 }] }));
    expect(log.invited).toEqual(['erin']);
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

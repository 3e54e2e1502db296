import { describe, expect, it } from 'vitest';
import type { LiveConnection } from '../../clients/typescript/src/index.js';
import { companionOf } from '../../web/src/chat/companion.js';
import { HiddenChats } from '../../web/src/chat/hidden-chats.js';
import { parsePlace } from '../../web/src/chat/place.js';
import { type ChatRequest, Requests } from '../../web/src/chat/requests.js';
import { type Blocked, Blocks } from '../../web/src/contacts/blocks.js';
import { REASONS } from '../../web/src/contacts/report.js';
import { en } from '../../web/src/contacts/texts-en.js';
import { ru } from '../../web/src/contacts/texts-ru.js';
import { OpenReports } from '../../web/src/shell/open-reports.js';
import { en as general } from '../../web/src/texts/en.js';
import { ru as generalRu } from '../../web/src/texts/ru.js';
import { chatOf, entry, HandLive, SELF, summary } from '../support/hand-live.js';

const time = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const onLive = <Made>(make: new (live: LiveConnection) => Made): { readonly live: HandLive; readonly it: Made } => {
  const live = new HandLive();
  return { live, it: new make(live as unknown as LiveConnection) };
};

describe('the requests', () => {
  const request = (chatId: number, minute = chatId): ChatRequest => ({
    chat_id: chatId,
    chat_type: 'personal',
    chat_name: `user ${chatId}`,
    from_id: 100 + chatId,
    from_name: `user ${chatId}`,
    created_at: time(minute),
  });
  const page = (requests: readonly ChatRequest[], next: string | null = null) => ({ requests, next_cursor: next });
  const opened = async (...requests: ChatRequest[]) => {
    const { live, it: list } = onLive(Requests);
    await live.take('chat.requests').answer(page(requests));
    return { live, list };
  };
  const ids = (list: Requests): number[] => list.all().map(({ chat_id: id }) => id);

  it('come and go as they are made and answered elsewhere, newest first', async () => {
    const { live, list } = await opened(request(1));
    live.tell('event', { name: 'chat.requested', data: request(2) });
    expect(ids(list)).toEqual([2, 1]);
    live.tell('event', { name: 'chat.request_closed', data: { chat_id: 1 } });
    expect([ids(list), list.count]).toEqual([[2], 1]);
  });

  it('keep what happens while they are on their way', async () => {
    const { live, it: list } = onLive(Requests);
    const reading = live.take('chat.requests');
    live.tell('event', { name: 'chat.requested', data: request(3) });
    live.tell('event', { name: 'chat.request_closed', data: { chat_id: 1 } });
    await reading.answer(page([request(2), request(1)], 'more'));
    expect([ids(list), list.hasMore]).toEqual([[3, 2], true]);
  });

  it('are gone once they are accepted or declined, and stay where that fails', async () => {
    const { live, list } = await opened(request(1), request(2), request(3));
    const accepting = list.accept(1);
    await live.take('chat.accept').answer(chatOf(1, 5));
    expect((await accepting).chat_id).toBe(1);
    const declining = list.decline(2);
    await live.take('chat.decline').answer({ chat_id: 2 });
    await declining;
    const failing = list.decline(3).catch((error: unknown) => error);
    await live.take('chat.decline').refuse(new Error('no'));
    expect(await failing).toBeInstanceOf(Error);
    expect(ids(list)).toEqual([3]);
  });

  it('are read on, and anew after a connection was lost', async () => {
    const { live, it: list } = onLive(Requests);
    await live.take('chat.requests').answer(page([request(2)], 'two'));
    void list.more();
    const more = live.take('chat.requests');
    expect(more.payload['cursor']).toBe('two');
    await more.answer(page([request(1)]));
    expect([ids(list), list.hasMore]).toEqual([[2, 1], false]);
    live.tell('state', 'open');
    await live.take('chat.requests').answer(page([request(1)]));
    expect(ids(list)).toEqual([1]);
  });
});

describe('hidden chats', () => {
  const opened = async () => {
    const { live, it: hidden } = onLive(HiddenChats);
    void hidden.load();
    const reading = live.take('chat.list');
    expect(reading.payload['hidden']).toBe(true);
    await reading.answer({ chats: [summary(5, 9), summary(6, 1)], next_cursor: null });
    return { live, hidden };
  };
  const ids = (hidden: HiddenChats): number[] => hidden.all().map(({ chat_id: id }) => id);

  it('are asked for only when somebody wants to see them', () => {
    expect(onLive(HiddenChats).live.names()).toEqual([]);
  });

  it('return to the list with their next entry, and where they are shown again', async () => {
    const { live, hidden } = await opened();
    live.tell('entry', entry(5, 10));
    expect(ids(hidden)).toEqual([6]);
    const showing = hidden.unhide(6);
    await live.take('chat.unhide').answer({ chat_id: 6 });
    await showing;
    expect([ids(hidden), hidden.has(6)]).toEqual([[], false]);
  });

  it('do not come back with a page that was read before they returned', async () => {
    const { live, hidden } = await opened();
    void hidden.load();
    const late = live.take('chat.list');
    live.tell('entry', entry(5, 10));
    await live.take('chat.list').answer({ chats: [summary(6, 1)], next_cursor: null });
    await late.answer({ chats: [summary(5, 9), summary(6, 1)], next_cursor: null });
    expect(ids(hidden)).toEqual([6]);
  });

  it('are read again where one was hidden on another device', async () => {
    const { live, hidden } = await opened();
    live.tell('event', { name: 'chat.hidden', data: { chat_id: 7, hidden: true } });
    await live.take('chat.list').answer({ chats: [summary(7, 2)], next_cursor: null });
    expect(ids(hidden)).toEqual([7]);
  });
});

describe('blocked people', () => {
  const blocked = (id: number): Blocked => ({ user_id: id, username: `user ${id}`, created_at: time(id) });
  const page = (all: readonly Blocked[], next: string | null = null) => ({ blocked: all, next_cursor: next });
  const opened = async (...all: Blocked[]) => {
    const { live, it: blocks } = onLive(Blocks);
    let changes = 0;
    blocks.onEachChange(() => {
      changes += 1;
    });
    await live.take('contacts.blocked').answer(page(all));
    return { live, blocks, changes: () => changes };
  };

  it('are found by id, or by name where only that is known', async () => {
    const { blocks } = await opened(blocked(2), blocked(3));
    expect([blocks.has(2), blocks.has(4)]).toEqual([true, false]);
    expect(blocks.find(3, 'another name')?.user_id).toBe(3);
    expect(blocks.find(undefined, 'user 2')?.user_id).toBe(2);
    expect(blocks.find(undefined, 'user 4')).toBeUndefined();
    expect(blocks.all().map(({ user_id: id }) => id)).toEqual([3, 2]);
  });

  it('change here and on other devices, and every change is passed on once', async () => {
    const { live, blocks, changes } = await opened();
    const blocking = blocks.block({ username: 'user 2' });
    await live.take('contacts.block').answer(blocked(2));
    await blocking;
    live.tell('event', { name: 'contacts.blocked', data: blocked(2) });
    live.tell('event', { name: 'contacts.blocked', data: blocked(3) });
    expect([changes(), blocks.all().length]).toEqual([2, 2]);
    const unblocking = blocks.unblock(2);
    await live.take('contacts.unblock').answer({ user_id: 2 });
    await unblocking;
    live.tell('event', { name: 'contacts.unblocked', data: { user_id: 3 } });
    expect([changes(), blocks.all()]).toEqual([4, []]);
  });

  it('pass on what changed while the connection was lost', async () => {
    const { live, blocks, changes } = await opened(blocked(2));
    live.tell('state', 'open');
    await live.take('contacts.blocked').answer(page([blocked(2)]));
    expect(changes()).toBe(0);
    live.tell('state', 'open');
    await live.take('contacts.blocked').answer(page([blocked(3)]));
    expect([changes(), blocks.has(2), blocks.has(3)]).toEqual([1, false, true]);
  });

  it('are not brought back by a page that was read before a block ended', async () => {
    const { live, blocks } = await opened(blocked(2));
    live.tell('state', 'open');
    const late = live.take('contacts.blocked');
    live.tell('event', { name: 'contacts.unblocked', data: { user_id: 2 } });
    live.tell('event', { name: 'contacts.blocked', data: blocked(4) });
    await late.answer(page([blocked(2)]));
    expect(blocks.all().map(({ user_id: id }) => id)).toEqual([4]);
  });

  it('are loaded up to a thousand by themselves, and then on demand', async () => {
    const { live, it: blocks } = onLive(Blocks);
    for (let number = 1; number <= 10; number += 1) {
      const asked = live.take('contacts.blocked');
      expect(asked.payload['cursor']).toBe(number === 1 ? null : `page ${number}`);
      await asked.answer(page([blocked(number)], `page ${number + 1}`));
    }
    expect([live.names(), blocks.isLoaded, blocks.hasMore]).toEqual([[], true, true]);
    void blocks.more();
    await live.take('contacts.blocked').answer(page([blocked(11)]));
    expect([blocks.all().length, blocks.hasMore]).toEqual([11, false]);
  });
});

describe('the other of a personal chat', () => {
  const member = (id: number) => ({ user_id: id, username: `user ${id}`, role: 'member' as const, online: false, read_seq: 0 });
  const personal = (...members: number[]) =>
    chatOf(5, 1, { chat_type: 'personal', chat_name: 'user 2', members: members.map(member) });

  it('is known by name alone until they have accepted, and there is none in a group', () => {
    expect(companionOf(personal(SELF, 2), SELF)).toEqual({ username: 'user 2', userId: 2 });
    expect(companionOf(personal(SELF), SELF)).toEqual({ username: 'user 2' });
    expect(companionOf(chatOf(5, 1, { members: [member(SELF), member(2)] }), SELF)).toBeNull();
  });
});

describe('the number of open reports', () => {
  it('is asked for at first and with every new report, and only the last answer counts', async () => {
    const { live, it: open } = onLive(OpenReports);
    const first = live.take('moderation.reports');
    expect(first.payload).toEqual({ state: 'open', limit: 1 });
    live.tell('event', { name: 'moderation.reported', data: { report_id: 7 } });
    await live.take('moderation.reports').answer({ reports: [], next_cursor: null, total_open: 3 });
    await first.answer({ reports: [], next_cursor: null, total_open: 2 });
    expect(open.count).toBe(3);
    live.tell('event', { name: 'moderation.reported', data: { report_id: 8 } });
    await live.take('moderation.reports').refuse(new Error('no'));
    expect(open.count).toBe(3);
  });
});

describe('the address of what is open beside the list of chats', () => {
  it('is a chat, the requests, or nothing', () => {
    expect(['7', 'requests', undefined].map(parsePlace)).toEqual([7, 'requests', null]);
  });
});

describe('texts about contacts', () => {
  const PLURAL = /_(one|few|many|other)$/;
  const flat = (tree: object): Map<string, string> =>
    new Map(
      Object.entries(tree).flatMap(([group, texts]) =>
        Object.entries(texts as Record<string, string>).map(([key, text]) => [`${group}.${key}`, text] as const),
      ),
    );
  const gaps = (text: string | undefined): string[] => text?.match(/\{\{\w+\}\}/g)?.toSorted() ?? [];

  it.each([
    ['contacts', en, ru],
    ['the console', general, generalRu],
  ])('of %s are there in both languages, with the same gaps and the forms of each', (_name, english, russian) => {
    const [one, other] = [flat(english), flat(russian)];
    const bare = (texts: Map<string, string>): string[] =>
      [...new Set([...texts.keys()].map((key) => key.replace(PLURAL, '')))].toSorted();
    expect(bare(other)).toEqual(bare(one));
    for (const [key, text] of one) {
      expect(gaps(other.get(key)), key).toEqual(gaps(text));
      if (!key.endsWith('_other')) continue;
      for (const form of ['one', 'few', 'many', 'other']) expect(other.has(key.replace(/other$/, form)), key).toBe(true);
    }
  });

  it('have words for every reason of a report', () => {
    expect(Object.keys(en.reasons)).toEqual([...REASONS]);
  });
});

import { describe, expect, it } from 'vitest';
import { AUDIT_ACTIONS } from '../../src/auth/audit.js';
import { addressOf, nextOf, parseAddress } from '../../web/src/admin/address.js';
import { AUDIT_ACTIONS as OFFERED_ACTIONS } from '../../web/src/admin/audit-actions.js';
import { auditFilterOf, byDay, localTimeOf, momentOf } from '../../web/src/admin/audit-filter.js';
import { type AuditEntry, graveness, piecesOf, sentenceOf } from '../../web/src/admin/audit-sentence.js';
import { areaPath, barsOf, linePath, nearestTo, roundTop, stacked } from '../../web/src/admin/chart-shape.js';
import { durationText, millisecondsText, numberText, sizeText } from '../../web/src/admin/figure-format.js';
import { newPassword } from '../../web/src/admin/new-password.js';
import { previousOf } from '../../web/src/admin/pages-seen.js';
import { countsOf, type Figures, gaugesOf, type Reading, ratesOf, WINDOW_MS, withReading } from '../../web/src/admin/rates.js';
import { steadied } from '../../web/src/admin/steady.js';
import { en } from '../../web/src/admin/texts-en.js';
import { ru } from '../../web/src/admin/texts-ru.js';

const FIGURES: Figures = {
  at: '2026-01-01T00:00:00.000Z',
  node: 'one',
  nodes: 1,
  uptime_sec: 1,
  users_total: 0,
  users_online: 0,
  connections: {},
  messages_total: 0,
  logins: { ok: 0, failed: 0, throttled: 0, unavailable: 0 },
  errors_total: 0,
  requests_total: 0,
  frames_total: 0,
  memory_bytes: 0,
  event_loop_lag_ms: 0,
};
const START = Date.UTC(2026, 0, 1);

const reading = (seconds: number, figures: Partial<Figures> = {}, isWhole = true): Reading => ({
  at: START + seconds * 1_000,
  figures: { ...FIGURES, ...figures },
  isWhole,
});
const messages = (figures: Figures): number => figures.messages_total;
const messagesAt = (seconds: number, total: number, rest: Partial<Figures> = {}): Reading =>
  reading(seconds, { messages_total: total, ...rest });

describe('rates of counters', () => {
  it('are what was counted over the time that has passed', () => {
    const rates = ratesOf([messagesAt(0, 10), messagesAt(2, 14), messagesAt(6, 14)], messages);
    expect(rates.map(({ value }) => value)).toEqual([2, 0]);
    expect(rates[0]?.at).toBe(START + 2_000);
  });

  it('have a gap where a process has started anew, and go on after it', () => {
    const rates = ratesOf([messagesAt(0, 100), messagesAt(2, 3), messagesAt(4, 5)], messages);
    expect(rates.map(({ value }) => value)).toEqual([null, 1]);
  });

  it('have a gap where a node came or did not answer: its counts are no news', () => {
    const came = [messagesAt(0, 10), messagesAt(2, 5_010, { nodes: 2 }), messagesAt(4, 5_012, { nodes: 2 })];
    expect(ratesOf(came, messages).map(({ value }) => value)).toEqual([null, 1]);
    const missed = [messagesAt(0, 10), reading(2, { messages_total: 12 }, false), messagesAt(4, 14)];
    expect(ratesOf(missed, messages).map(({ value }) => value)).toEqual([null, null]);
  });

  it('have a gap where nobody looked', () => {
    expect(ratesOf([messagesAt(0, 1), messagesAt(60, 100)], messages)[0]?.value).toBeNull();
    const gauges = gaugesOf([messagesAt(0, 1), messagesAt(60, 100)], messages);
    expect(gauges.map(({ value }) => value)).toEqual([1, null, 100]);
  });

  it('are there as soon as there are two readings', () => {
    expect(ratesOf([], messages)).toEqual([]);
    expect(ratesOf([messagesAt(0, 1)], messages)).toEqual([]);
    expect(countsOf([], messages, 10_000)).toEqual([]);
  });
});

describe('counts of spans', () => {
  it('stay in their span as time goes by, and none is lost', () => {
    const readings = [messagesAt(0, 0), messagesAt(4, 3), messagesAt(10, 4), messagesAt(12, 9)];
    const counts = countsOf(readings, messages, 10_000);
    expect(counts).toHaveLength(30);
    expect(counts.slice(-2)).toEqual([
      { at: START + 10_000, value: 4 },
      { at: START + 20_000, value: 5 },
    ]);
    expect(counts.at(-3)?.value).toBeNull();
    const later = countsOf([...readings, messagesAt(19, 9), messagesAt(21, 9)], messages, 10_000);
    expect(later.slice(-3).map(({ value }) => value)).toEqual([4, 5, 0]);
  });
});

describe('the readings that are kept', () => {
  it('are those of the window, however long the page is open', () => {
    let kept: readonly Reading[] = [];
    for (let seconds = 0; seconds < 3_600; seconds += 2) kept = withReading(kept, messagesAt(seconds, seconds));
    expect(kept.length).toBeLessThan(WINDOW_MS / 2_000 + 10);
    expect(kept.at(-1)?.at).toBe(START + 3_598_000);
  });

  it('have each time once, and begin anew when the clock was set back', () => {
    const once = withReading([], messagesAt(10, 1));
    expect(withReading(once, messagesAt(10, 1))).toBe(once);
    expect(withReading(once, messagesAt(5, 2))).toEqual([messagesAt(5, 2)]);
  });
});

describe('pictures', () => {
  const frame = { width: 100, height: 50, from: 0, until: 100, top: 10 };

  it('have lines that gaps cut', () => {
    const points = [
      { at: 0, value: 0 },
      { at: 50, value: 10 },
      { at: 60, value: null },
      { at: 100, value: 5 },
    ];
    expect(linePath(points, frame)).toBe('M0.0 50.0L50.0 0.0M100.0 25.0h1');
    expect(areaPath(points, frame)).toBe('M0.0 50.0L50.0 0.0L50.0 50.0L0.0 50.0Z');
  });

  it('stack series, and know a gap from nothing', () => {
    const layers = stacked([
      [
        { at: 1, value: 2 },
        { at: 2, value: null },
      ],
      [
        { at: 1, value: 3 },
        { at: 2, value: null },
      ],
    ]);
    expect(layers.map((layer) => layer.map(({ value }) => value))).toEqual([
      [2, null],
      [5, null],
    ]);
  });

  it('draw bars on top of each other, and none for nothing', () => {
    const points = [
      { at: 50, value: 4 },
      { at: 100, value: 0 },
    ];
    expect(barsOf(points, frame, 50)).toEqual([{ at: 50, x: 1, y: 30, width: 48, height: 20 }]);
    const [upper] = barsOf(points, frame, 50, [{ at: 50, value: 5 }]);
    expect(upper).toMatchObject({ y: 5, height: 20 });
  });

  it('have round numbers at their edges', () => {
    expect([0, 1, 3, 7, 11, 24, 26, 99, 100, 101, 0.3].map((highest) => roundTop(highest))).toEqual([
      1, 1, 3, 8, 12, 25, 30, 100, 100, 120, 1,
    ]);
    expect(roundTop(0.35, 0.1)).toBeCloseTo(0.4);
  });

  it('find what is pointed at', () => {
    const points = [
      { at: 0, value: 1 },
      { at: 40, value: 1 },
      { at: 90, value: null },
    ];
    expect([0, 19, 21, 100].map((x) => nearestTo(x, points, frame))).toEqual([0, 0, 1, 2]);
    expect(nearestTo(5, [], frame)).toBe(-1);
  });
});

describe('numbers', () => {
  it('are written as the language writes them', () => {
    expect([numberText(1.26, 'en'), numberText(1234.6, 'en'), numberText(1.26, 'ru')]).toEqual(['1.3', '1,235', '1,3']);
    expect([sizeText(150 * 1024 * 1024, 'en'), sizeText(1.5 * 1024 ** 3, 'en')]).toEqual(['150 MB', '1.5 GB']);
    expect(millisecondsText(0.25, 'en')).toBe('0.3 ms');
    expect([0, 59, 60, 3_725, 90_000].map((seconds) => durationText(seconds, 'en'))).toEqual([
      '0 sec',
      '59 sec',
      '1 min 0 sec',
      '1 hr 2 min',
      '1 day 1 hr',
    ]);
  });
});

const ENTRY: AuditEntry = {
  id: 7,
  at: '2026-01-01T00:00:00Z',
  action: 'login',
  actor_id: 1,
  actor_name: 'alice',
  user_id: 2,
  username: 'bob',
  protocol: 'rest',
  ip: '192.0.2.7',
  user_agent: null,
  details: {},
};
/** What of each action the server writes differently. */
const DETAILS: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { reason: 'password' },
  { reason: 'inactive' },
  { reason: 'suspended' },
  { reason: 'unknown' },
  { reason: 'constructor' },
  { superuser: true },
  { superuser: false },
  { by_owner: true },
  { session_id: 'x', reason: 'ended_by_user' },
  { reason: 'ended_by_superuser', sessions: 3 },
  { report_id: 12, action: 'delete' },
  { report_id: 12, action: 'suspend' },
  { report_id: 12, action: 'dismiss' },
];
const keysOf = (tree: object): string[] =>
  Object.entries(tree).flatMap(([group, texts]) => Object.keys(texts as object).map((key) => `${group}.${key}`));
const gapsOf = (text: string): string[] => text.match(/\{\{\w+\}\}/g)?.toSorted() ?? [];

describe('texts', () => {
  it('are there in both languages, with the same gaps and the forms of each', () => {
    const PLURAL = /_(one|few|many|other)$/;
    const bare = (tree: object): string[] => [...new Set(keysOf(tree).map((key) => key.replace(PLURAL, '')))].toSorted();
    expect(bare(ru)).toEqual(bare(en));
    const russian = new Map(
      Object.entries(ru).flatMap(([g, texts]) => Object.entries(texts).map(([k, text]) => [`${g}.${k}`, text])),
    );
    for (const [group, texts] of Object.entries(en)) {
      for (const [key, text] of Object.entries(texts)) {
        const name = `${group}.${key}`;
        expect(gapsOf(russian.get(name) ?? ''), name).toEqual(gapsOf(text));
        if (!key.endsWith('_other')) continue;
        for (const form of ['one', 'few', 'many', 'other']) expect(russian.has(name.replace(/other$/, form)), name).toBe(true);
      }
    }
  });

  it('tell every action of the audit log in every way in which the server writes it', () => {
    const used = new Set<string>();
    for (const action of AUDIT_ACTIONS) {
      expect(Object.keys(en.actions)).toContain(action);
      for (const details of DETAILS) {
        for (const [actor_id, user_id] of [
          [1, 2],
          [1, 1],
          [null, 2],
          [1, null],
          [null, null],
        ] as const) {
          const { key } = sentenceOf({ ...ENTRY, action, details, actor_id, user_id });
          used.add(key);
          expect(Object.keys(en.sentences), `${action} ${JSON.stringify(details)}`).toContain(key);
          expect(Object.keys(ru.sentences)).toContain(key);
          expect(key, action).not.toBe('other');
        }
      }
    }
    expect(Object.keys(en.sentences).filter((key) => key !== 'other' && !used.has(key))).toEqual([]);
  });

  it('offer every action as a filter', () => {
    expect(OFFERED_ACTIONS.toSorted()).toEqual(AUDIT_ACTIONS.toSorted());
  });
});

describe('sentences of the audit log', () => {
  it('tell what one did by oneself from what another did', () => {
    const changed = { ...ENTRY, action: 'password_changed' };
    expect(sentenceOf(changed)).toMatchObject({ key: 'password_changed_by', actor: { name: 'alice' }, user: { name: 'bob' } });
    expect(sentenceOf({ ...changed, actor_id: 2 }).key).toBe('password_changed');
  });

  it('name the owner, the server, and strangers', () => {
    const created = { ...ENTRY, action: 'user_created', actor_id: null, actor_name: null };
    expect(sentenceOf({ ...created, protocol: 'cli' }).actor.kind).toBe('owner');
    expect(sentenceOf({ ...created, protocol: null }).actor.kind).toBe('server');
    expect(sentenceOf(created).actor.kind).toBe('somebody');
  });

  it('name a deleted account as the entry itself does', () => {
    const deleted = { ...ENTRY, action: 'user_deleted', username: null, details: { username: 'bob' } };
    expect(sentenceOf(deleted).user).toEqual({ kind: 'account', id: 2, name: 'bob', isThere: false });
    expect(sentenceOf({ ...deleted, details: {} }).user).toMatchObject({ name: null, isThere: false });
  });

  it('tell actions of later servers in general words', () => {
    for (const action of ['cake_baked', '__proto__', 'constructor', 'toString']) {
      expect(sentenceOf({ ...ENTRY, action })).toMatchObject({ key: 'other', values: { action } });
      expect(graveness(action)).toBe('usual');
    }
  });

  it('are cut at their gaps only: what fills them is never read', () => {
    expect(piecesOf('{{actor}} made {{user}} a superuser')).toEqual([
      { gap: 'actor' },
      { words: ' made ' },
      { gap: 'user' },
      { words: ' a superuser' },
    ]);
    const { values } = sentenceOf({ ...ENTRY, action: 'email_changed', details: { from: '{{user}}', to: { a: 1 } } });
    expect(values).toMatchObject({ from: '{{user}}', to: '' });
  });
});

describe('filters of the audit log', () => {
  it('take from the address only what the server takes', () => {
    const choices = {
      action: 'login',
      user_id: '5',
      actor_id: '-1',
      ip: '::1',
      since: '2026-01-01T00:00:00Z',
      until: 'yesterday',
      x: 'y',
    };
    expect(auditFilterOf(choices, AUDIT_ACTIONS)).toEqual({
      action: 'login',
      user_id: 5,
      ip: '::1',
      since: '2026-01-01T00:00:00Z',
    });
    expect(auditFilterOf({ action: 'constructor', user_id: '9'.repeat(30) }, AUDIT_ACTIONS)).toEqual({});
  });

  it('show times by the clock of whoever looks, and ask by the one of all', () => {
    const local = '2026-03-04T05:06';
    const moment = momentOf(local);
    expect(moment).toMatch(/^2026-03-0[345]T\d\d:\d6:00Z$/);
    expect(localTimeOf(moment ?? undefined)).toBe(local);
    expect([momentOf(''), momentOf('x'), momentOf('99999-01-01T00:00')]).toEqual([null, null, null]);
    expect([localTimeOf(undefined), localTimeOf('x')]).toEqual(['', '']);
  });

  it('put entries under their days', () => {
    const at = (...time: [number, number, number]): { at: string } => ({ at: new Date(2026, 0, ...time).toISOString() });
    const groups = byDay([at(3, 10, 0), at(3, 0, 0), at(2, 23, 59), at(1, 0, 0)]);
    expect(groups.map(({ entries }) => entries.length)).toEqual([2, 1, 1]);
    expect(groups[0]?.day).toEqual(new Date(2026, 0, 3));
  });
});

describe('addresses', () => {
  it('keep what is chosen, whatever is in it', () => {
    const choices = { q: 'a&b=ü?#%', page: '2' };
    expect(parseAddress(addressOf('/admin/users', choices))).toEqual({ path: '/admin/users', choices });
    expect(addressOf('/admin/users', { q: '', after: null, x: undefined })).toBe('/admin/users');
    expect(parseAddress('/admin/users')).toEqual({ path: '/admin/users', choices: {} });
  });

  it('read the next page from a Link header', () => {
    expect(nextOf('</api/v1/users/?limit=50&after=51&q=a>; rel="next"', 'after')).toBe('51');
    expect(nextOf('</x?after=1>; rel="prev", </x?after=9>; rel=next', 'after')).toBe('9');
    expect([nextOf(null, 'after'), nextOf('</x?after=1>; rel="prev"', 'after')]).toEqual([null, null]);
  });

  it('lead back to the page before', () => {
    expect(previousOf(null, [])).toBeUndefined();
    expect(previousOf(50, [50])).toBeNull();
    expect(previousOf(150, [50, 100, 150, 200])).toBe(100);
    expect(previousOf(150, [])).toBeNull();
  });
});

describe('a list that lives', () => {
  const rows = (...ids: string[]) =>
    steadied(
      [],
      ids.map((id) => ({ id, n: 1 })),
    );
  const told = (list: ReturnType<typeof rows>): string[] => list.map(({ item, isGone }) => `${item.id}${isGone ? ' gone' : ''}`);

  it('keeps its places: what has gone is a shadow, what is new comes last, what is there is brought up to date', () => {
    const next = steadied(rows('b', 'a'), [
      { id: 'c', n: 2 },
      { id: 'a', n: 2 },
    ]);
    expect(told(next)).toEqual(['b gone', 'a', 'c']);
    expect(next[1]?.item.n).toBe(2);
    expect(told(steadied(next, [{ id: 'd', n: 3 }]))).toEqual(['b gone', 'a gone', 'c gone', 'd']);
  });

  it('does not call gone what may only be cut off', () => {
    const next = steadied(rows('b', 'a'), [{ id: 'c', n: 2 }], ({ id }) => id === 'a');
    expect(told(next)).toEqual(['b gone', 'a', 'c']);
  });
});

describe('a password that is made up', () => {
  it('is long, easy to read out, and never the same', () => {
    const made = Array.from({ length: 200 }, newPassword);
    for (const password of made) expect(password).toMatch(/^[a-km-np-z2-9]{5}(-[a-km-np-z2-9]{5}){3}$/);
    expect(new Set(made).size).toBe(200);
    expect(new Set(made.join('')).size).toBe(33);
  });
});

import { describe, expect, it } from 'vitest';
import { BoundedList } from '../../web/src/explorer/bounded-list.js';
import { CLOSE_CODES, isKnownCode, mayReconnect } from '../../web/src/explorer/close-codes.js';
import { logAsJsonLines, logAsText } from '../../web/src/explorer/export-log.js';
import { factsOf, packetFacts, prettyText } from '../../web/src/explorer/frame-facts.js';
import { FrameLog } from '../../web/src/explorer/frame-log.js';
import { readHttp } from '../../web/src/explorer/http-exchange.js';
import { MASK, masked } from '../../web/src/explorer/masking.js';
import { en } from '../../web/src/explorer/texts-en.js';
import { ru } from '../../web/src/explorer/texts-ru.js';
import { tableOf } from '../support/doc-blocks.js';

const TOKEN = 'eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg';

describe('a bounded list', () => {
  it('forgets the oldest when there are too many, and says how many', () => {
    const list = new BoundedList<number>(3);
    for (let i = 1; i <= 10; i++) list.push(i);
    expect(list.toArray()).toEqual([8, 9, 10]);
    expect([list.length, list.forgotten]).toEqual([3, 7]);
    list.clear();
    expect([list.length, list.forgotten, list.toArray()]).toEqual([0, 0, []]);
  });

  it('forgets the oldest when they weigh too much, but keeps one however heavy', () => {
    const list = new BoundedList<string>(100, 10, (text) => text.length);
    for (const text of ['aaaa', 'bbbb', 'cccc']) list.push(text);
    expect(list.toArray()).toEqual(['bbbb', 'cccc']);
    list.push('x'.repeat(50));
    expect(list.toArray()).toEqual(['x'.repeat(50)]);
    list.push('d');
    expect(list.toArray()).toEqual(['d']);
  });
});

describe('the log', () => {
  const now: (() => void)[] = [];
  const run = (): void => now.splice(0).forEach((work) => work());
  const newLog = (): FrameLog => new FrameLog((work) => now.push(work));
  const frame = (direction: 'in' | 'out', text: string) =>
    ({ direction, protocol: 'game', text, facts: factsOf('game', direction, text) }) as const;
  const ping = (id: string): string => JSON.stringify({ type: 'command', request_id: id, domain: 'system', command: 'ping' });
  const pong = (id: string): string => JSON.stringify({ type: 'response', request_id: id, success: true, data: {} });

  it('knows the latency of answers, whatever their order', () => {
    const log = newLog();
    const [first, second] = [log.add(frame('out', ping('a')), 100), log.add(frame('out', ping('b')), 110)];
    expect(log.add(frame('in', pong('b')), 125)).toMatchObject({ answerTo: second.id, latencyMs: 15 });
    expect(log.add(frame('in', pong('a')), 150)).toMatchObject({ answerTo: first.id, latencyMs: 50 });
    expect(log.add(frame('in', pong('a')), 160)).not.toHaveProperty('latencyMs');
  });

  it('shows many frames at once, and counts bytes in UTF-8', () => {
    const log = newLog();
    let told = 0;
    log.subscribe(() => (told += 1));
    for (let i = 0; i < 5; i++) log.add(frame('in', '"é€😀"'), i);
    expect(log.view().lines).toEqual([]);
    run();
    expect([told, log.view().lines.length]).toEqual([1, 5]);
    expect(log.view().lines[0]?.bytes).toBe(2 + 2 + 3 + 4);
  });

  it('goes on in the background while it is paused', () => {
    const log = newLog();
    log.add(frame('in', pong('a')), 1);
    run();
    log.pause(true);
    for (let i = 0; i < 3; i++) log.add(frame('in', pong('b')), 2);
    run();
    expect(log.view()).toMatchObject({ isPaused: true, unseen: 3 });
    expect(log.view().lines).toHaveLength(1);
    log.pause(false);
    expect(log.view()).toMatchObject({ isPaused: false, unseen: 0 });
    expect(log.view().lines).toHaveLength(4);
  });

  it('keeps a bounded number of lines, and the beginning of very long ones', () => {
    const log = newLog();
    for (let i = 0; i < 2_100; i++) log.add(frame('in', pong(`${i}`)), i);
    log.add(frame('in', `"${'x'.repeat(600 * 1024)}"`), 3_000);
    run();
    const { lines, forgotten } = log.view();
    expect([lines.length, forgotten]).toEqual([2_000, 101]);
    expect(lines.at(-1)).toMatchObject({ isCut: true, bytes: 600 * 1024 + 2 });
    expect(lines.at(-1)?.text).toHaveLength(512 * 1024);
  });

  it('is exported as text and as JSON lines, without secrets unless they are asked for', () => {
    const log = newLog();
    log.add(frame('out', JSON.stringify({ type: 'command', request_id: 'r1', token: TOKEN })), 0);
    run();
    const { lines } = log.view();
    const hidden = { withSecrets: false, secrets: [] };
    expect(logAsText(lines, hidden)).toMatch(/^1970-01-01T00:00:00\.000Z game → \d+ B \{/);
    const [line] = logAsJsonLines(lines, hidden).split('\n');
    expect(JSON.parse(line ?? '')).toMatchObject({ direction: 'out', protocol: 'game', kind: 'command' });
    for (const exported of [logAsText(lines, hidden), logAsJsonLines(lines, hidden)]) expect(exported).not.toContain(TOKEN);
    expect(logAsText(lines, { ...hidden, withSecrets: true })).toContain(TOKEN);
  });
});

describe('what can be seen of a frame', () => {
  it('tells commands, answers, events and ends of game', () => {
    expect(factsOf('game', 'out', '{"type":"command","request_id":"r1","domain":"system","command":"ping"}')).toMatchObject({
      kind: 'command',
      about: 'system.ping',
      expects: 'id:r1',
    });
    expect(
      factsOf('game', 'in', '{"type":"response","request_id":"r1","success":false,"code":"not_found","detail":"No"}'),
    ).toEqual({
      kind: 'response',
      about: 'not_found: No',
      isOk: false,
      carries: '',
      answers: ['id:r1'],
    });
    expect(factsOf('game', 'in', '{"type":"event","domain":"chat","event":"message","data":{}}').about).toBe('chat.message');
    const bye = '{"type":"disconnect","v":1,"code":1001,"reason":"Server is going away","reconnect":true,"retry_after_ms":2345}';
    expect(factsOf('game', 'in', bye).notice).toEqual({
      code: 1001,
      reason: 'Server is going away',
      reconnect: true,
      retryAfterMs: 2345,
    });
  });

  it('finds the end that rest has in data', () => {
    const bye = '{"type":"disconnect","data":{"code":4401,"reason":"Session is over","reconnect":false}}';
    expect(factsOf('rest', 'in', bye).notice).toMatchObject({ code: 4401, reconnect: false });
    expect(factsOf('rest', 'out', '{"type":"chat","message":"Hello!"}').expects).toBe('type:chat');
    expect(factsOf('rest', 'in', '{"type":"echo","message":"Hello!"}').answers).toEqual(['type:chat']);
  });

  it('tells the modes of messenger, by id or by mode', () => {
    expect(factsOf('messenger', 'out', '{"mode":"getChats"}').expects).toBe('mode:getChats');
    expect(factsOf('messenger', 'in', '{"mode":"getChats","status":200,"request_id":7}')).toMatchObject({
      isOk: true,
      answers: ['id:7'],
    });
    expect(factsOf('messenger', 'in', '{"mode":"newMessage","status":200}')).not.toHaveProperty('answers');
  });

  it('reads packets of Socket.IO', () => {
    expect(packetFacts('out', '423["command",{"domain":"system","command":"ping"}]')).toMatchObject({
      kind: 'command',
      about: 'system.ping',
      expects: 'ack:3',
    });
    expect(packetFacts('in', '433[{"success":true}]')).toMatchObject({ kind: 'ack', isOk: true, answers: ['ack:3'] });
    expect(packetFacts('in', '42["chat",{"type":"message"}]')).toMatchObject({ kind: 'chat', about: 'message' });
    expect(packetFacts('in', '42["disconnect_notice",{"code":1001,"reason":"x","reconnect":true}]').notice?.code).toBe(1001);
    expect(packetFacts('in', '2')).toMatchObject({ kind: 'ping', isHeartbeat: true });
    expect(packetFacts('in', '44{"message":"Not authenticated"}')).toMatchObject({ about: 'Not authenticated', isOk: false });
  });

  it('takes whatever comes', () => {
    for (const text of [
      '',
      'null',
      '[]',
      '{',
      '"x"',
      '{"type":7}',
      '{"mode":null}',
      '4',
      '42',
      '42[',
      '42[7]',
      '43',
      'b4AAA',
      '9',
    ]) {
      for (const direction of ['in', 'out'] as const) {
        for (const protocol of ['game', 'rest', 'messenger', 'socketio', 'mcp'] as const) {
          expect(factsOf(protocol, direction, text).kind).toBeTypeOf('string');
        }
        expect(packetFacts(direction, text).kind).toBeTypeOf('string');
      }
    }
  });

  it('prints JSON over several lines, also behind numbers', () => {
    expect(prettyText('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(prettyText('430[1]')).toBe('430[\n  1\n]');
    expect(prettyText('not JSON')).toBe('not JSON');
  });
});

describe('masking', () => {
  it('hides tokens and passwords wherever they stand', () => {
    const texts = [
      `{"token":"${TOKEN}"}`,
      `{"password" : "se\\"cret"}`,
      '{"refresh_token":"opaque-value"}',
      `ws://localhost/v1/connect?token=${TOKEN}&x=1`,
      `Authorization: Bearer ${TOKEN}`,
      `40{"token":"${TOKEN}"}`,
      `"${TOKEN}"`,
      // Cut off in the middle, as a preview may be.
      `{"token":"${TOKEN.slice(0, 60)}`,
      '{"password":"se\\',
    ];
    for (const text of texts) {
      expect(masked(text)).toContain(MASK);
      expect(masked(text)).not.toMatch(/eyJ|opaque|cret|se\\/);
    }
    expect(masked('{"password" : "se\\"cret"}')).toBe(`{"password" : "${MASK}"}`);
  });

  it('hides the secrets that it is told, and leaves everything else', () => {
    expect(masked('x 0123456789abcdefg y', ['0123456789abcdefg'])).toBe(`x ${MASK} y`);
    const plain = '{"type":"command","domain":"system","tokens":2,"content":"the token of my password"}';
    expect(masked(plain, ['command'])).toBe(plain);
  });
});

describe('requests as people write them', () => {
  it('have a first line and a body', () => {
    expect(readHttp('POST /auth\n{"login": "agent"}')).toEqual({ method: 'POST', path: '/auth', body: { login: 'agent' } });
    expect(readHttp('GET /health/live')).toEqual({ method: 'GET', path: '/health/live', body: undefined });
  });

  it('are refused where they are none, or would go to another server', () => {
    for (const text of [
      '',
      'hello',
      'POST auth',
      'POST //example.com/x',
      'POST /\\example.com',
      'POST http://example.com',
      'POST /x\n{',
    ]) {
      expect(readHttp(text)).toBeUndefined();
    }
  });
});

describe('the words', () => {
  it('know the close codes of the documents', async () => {
    const rows = await tableOf('docs/protocol/README.md', 'close');
    const known = Object.entries(CLOSE_CODES).map(([code, { reason, reconnect }]) => [code, reason, reconnect ? 'yes' : 'no']);
    expect(known).toEqual(rows);
    for (const [code] of rows) {
      expect(isKnownCode(Number(code))).toBe(true);
      expect(en.close).toHaveProperty(`code${code}`);
    }
    expect(mayReconnect(4999)).toBeNull();
    expect(isKnownCode(4999)).toBe(false);
  });

  it('are there in both languages, with the same places to fill', () => {
    const leaves = (texts: object, path = ''): [string, string][] =>
      Object.entries(texts).flatMap(([key, value]: [string, unknown]) =>
        typeof value === 'string' ? [[path + key, value]] : leaves(value as object, `${path}${key}.`),
      );
    const base = ([key]: [string, string]): string => key.replace(/_(one|few|many|other)$/, '');
    const keysOf = (texts: object): string[] => [...new Set(leaves(texts).map(base))].sort();
    expect(keysOf(ru)).toEqual(keysOf(en));
    const slots = (text: string): string[] => (text.match(/\{\{\w+\}\}/g) ?? []).sort();
    const english = new Map(leaves(en));
    for (const [key, text] of leaves(ru)) {
      const other = english.get(key) ?? english.get(key.replace(/_(few|many)$/, '_other')) ?? '';
      expect([key, slots(text)]).toEqual([key, slots(other)]);
    }
    const russian = new Map(leaves(ru));
    for (const key of russian.keys()) {
      if (key.endsWith('_one'))
        for (const form of ['few', 'many', 'other']) expect(russian.has(key.replace('one', form))).toBe(true);
    }
  });
});

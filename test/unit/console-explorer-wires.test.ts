import { describe, expect, it } from 'vitest';
import { decodeCommand } from '../../src/commands/command-frame.js';
import type { Peer } from '../../src/realtime/codec.js';
import { gameCodec } from '../../src/protocols/game/game.codec.js';
import { messengerCodec } from '../../src/protocols/messenger/messenger.codec.js';
import { restCodec } from '../../src/protocols/rest/rest.codec.js';
import { socketIoCodec } from '../../src/protocols/socketio/socketio.codec.js';
import { javaScriptLiteral, pythonLiteral, shellQuoted } from '../../web/src/explorer/literals.js';
import { masked } from '../../web/src/explorer/masking.js';
import { OWN_FRAMES } from '../../web/src/explorer/own-frames.js';
import { PROTOCOLS, socketOrigin, socketPath } from '../../web/src/explorer/protocols.js';
import { rawWire } from '../../web/src/explorer/raw-wires.js';
import { LANGUAGES, snippet, snippetJob } from '../../web/src/explorer/snippets.js';
import type { JsonObject, Request } from '../../web/src/explorer/wire.js';
import { httpWire, wireOf, wireText } from '../../web/src/explorer/wires.js';

/** Whom a codec speaks to. */
const PEER: Peer = { id: 'c1', clientId: 'user-1', userId: 1 };

const requestOf = (command: string, payload: JsonObject = {}): Request => ({
  command,
  payload,
  requestId: 'r1',
  now: 1735689600,
});
const PING = requestOf('system.ping', { sent_at: 1735689600 });

describe('a command in each protocol', () => {
  it('is what its codec reads', () => {
    const decoded = { kind: 'command', domain: 'system', name: 'ping', payload: { sent_at: 1735689600 } };
    const [game, rest, socketio] = [wireOf('game', PING), wireOf('rest', PING), wireOf('socketio', PING)];
    expect(game.kind === 'frame' && gameCodec.decode(game.text, PEER)).toMatchObject(decoded);
    expect(rest.kind === 'frame' && restCodec.decode(rest.text, PEER)).toMatchObject(decoded);
    expect(
      socketio.kind === 'event' && socketIoCodec.decode({ event: socketio.event, data: socketio.argument }, PEER),
    ).toMatchObject(decoded);
    expect(game.kind === 'frame' && game.frame && decodeCommand(game.frame)).toMatchObject({ context: { requestId: 'r1' } });
  });

  it('goes over HTTP where the protocol has no request for it', () => {
    const http = { kind: 'http', method: 'POST', path: '/api/v1/commands/system/ping', body: { sent_at: 1735689600 } };
    expect(wireOf('mcp', PING)).toMatchObject({ ...http, notes: ['mcpHttp'] });
    expect(wireOf('messenger', PING)).toMatchObject({ ...http, notes: ['messengerLacks'] });
    expect(wireOf('mcp', { ...PING, liveOnly: true }).notes).toContain('liveOnly');
  });

  it('is the mode of messenger that its codec makes that command of', () => {
    const cases: [Request, string, JsonObject][] = [
      [requestOf('chat.list', { limit: 5 }), 'names', {}],
      [
        requestOf('chat.history', { chat_id: 7, before_seq: 9, limit: 5, after_seq: 1 }),
        'history',
        { chat_id: 7, before_seq: 9, limit: 5 },
      ],
      [
        requestOf('chat.send', { chat_id: 7, content: 'x', client_msg_id: 'm' }),
        'post',
        { chat_id: 7, content: 'x', client_msg_id: 'm' },
      ],
      [requestOf('chat.create', { chat_type: 'group', members: ['bob'] }), 'create', { chat_type: 'group', members: ['bob'] }],
      [
        requestOf('chat.add_members', { chat_id: 7, members: ['bob'], role: 'admin' }),
        'add_members',
        { chat_id: 7, members: ['bob'] },
      ],
      [requestOf('chat.leave', { chat_id: 7 }), 'leave', { chat_id: 7 }],
      [requestOf('chat.requests', { limit: 5, cursor: 'x' }), 'requests', { limit: 5, cursor: 'x' }],
      [requestOf('chat.accept', { chat_id: 7 }), 'accept', { chat_id: 7 }],
      [requestOf('chat.decline', { chat_id: 7 }), 'decline', { chat_id: 7 }],
      [requestOf('chat.hide', { chat_id: 7 }), 'hide', { chat_id: 7 }],
      [requestOf('contacts.block', { username: 'bob' }), 'block', { username: 'bob' }],
      [requestOf('contacts.unblock', { user_id: 3 }), 'unblock', { user_id: 3 }],
      [requestOf('contacts.blocked', { limit: 5 }), 'blocked', { limit: 5 }],
      [
        requestOf('moderation.report', { chat_id: 7, seq: 9, reason: 'spam', user_id: 3 }),
        'report_message',
        { chat_id: 7, seq: 9, reason: 'spam' },
      ],
    ];
    for (const [request, name, payload] of cases) {
      const wire = wireOf('messenger', request);
      expect([name, wire.kind]).toEqual([name, 'frame']);
      const decoded = wire.kind === 'frame' ? messengerCodec.decode(wire.text, PEER) : undefined;
      expect(decoded).toMatchObject({
        kind: 'command',
        domain: request.command.split('.')[0],
        name,
        context: { requestId: 'r1' },
      });
      expect((decoded as { payload: unknown }).payload).toMatchObject(payload);
    }
    expect(wireOf('messenger', requestOf('chat.history', { chat_id: 7, after_seq: 1 })).notes).toContain('messengerDrops');
    expect(wireOf('messenger', requestOf('chat.history', { chat_id: 7 })).notes).not.toContain('messengerDrops');
  });

  it('never finds a request in what every object inherits', () => {
    expect(wireOf('messenger', requestOf('constructor')).kind).toBe('http');
    expect(wireOf('messenger', requestOf('chat.send', { constructor: 1 }))).toMatchObject({
      notes: expect.arrayContaining(['messengerDrops']),
    });
  });

  it('has an address that escapes what it must', () => {
    expect(socketPath('rest', 'a b/ü?')).toBe('/api/v1/ws/a%20b%2F%C3%BC%3F');
    expect(socketOrigin('https://example.com')).toBe('wss://example.com');
    expect(httpWire(requestOf('a/b.c?d'), []).path).toBe('/api/v1/commands/a%2Fb/c%3Fd');
  });

  it('begins with frames that the codecs take', () => {
    for (const { name, text } of OWN_FRAMES.rest) expect([name, restCodec.decode(text, PEER).kind]).not.toContain('bad');
    for (const { name, text } of OWN_FRAMES.game) expect([name, gameCodec.decode(text, PEER).kind]).toEqual([name, 'command']);
    for (const { name, text } of OWN_FRAMES.messenger)
      expect([name, messengerCodec.decode(text, PEER).kind]).toEqual([name, 'command']);
    for (const { name, text } of OWN_FRAMES.socketio) {
      const [event, data] = JSON.parse(text) as [string, unknown];
      expect([name, socketIoCodec.decode({ event, data }, PEER).kind]).not.toContain('bad');
    }
  });
});

describe('what is written by hand', () => {
  it('is an event of Socket.IO where it is a list that begins with a name', () => {
    expect(rawWire('socketio', '["chat", {"message": "Hello!"}]')).toMatchObject({
      event: 'chat',
      argument: { message: 'Hello!' },
    });
    expect(rawWire('socketio', '["hello"]')).toMatchObject({ event: 'hello', argument: null });
    for (const text of ['', 'x', '{}', '[]', '[1]', 'null']) expect(rawWire('socketio', text)).toBeUndefined();
  });

  it('is a request of mcp where it begins with one', () => {
    expect(rawWire('mcp', 'POST /auth/revoke')).toMatchObject({
      kind: 'http',
      method: 'POST',
      path: '/auth/revoke',
      body: undefined,
    });
    expect(rawWire('mcp', '{}')).toBeUndefined();
  });

  it('is anything where frames are texts', () => {
    for (const text of ['not JSON', '{"a" :  1}']) expect(rawWire('messenger', text)).toMatchObject({ kind: 'frame', text });
  });
});

describe('literals', () => {
  const NASTY = {
    "it's": 'a "quote" \\ and\nlines\u2028',
    nothing: null,
    yes: [true, false, -0.5, 1e21],
    ['__proto__']: { x: [] },
  };

  it('are the same value in JavaScript', async () => {
    const code = `export default ${javaScriptLiteral(NASTY)}`;
    const { default: read } = (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`)) as {
      default: object;
    };
    expect(JSON.stringify(read)).toBe(JSON.stringify(NASTY));
    expect(Object.hasOwn(read, '__proto__')).toBe(true);
  });

  it('are indented as their language does', () => {
    expect(javaScriptLiteral({ a: 1 })).toBe('{ a: 1 }');
    expect(pythonLiteral({ a: null, b: [true] })).toBe('{"a": None, "b": [True]}');
    const long = { first: 'x'.repeat(60), second: 'y'.repeat(60) };
    expect(pythonLiteral(long, 1)).toBe(
      `{\n        "first": "${'x'.repeat(60)}",\n        "second": "${'y'.repeat(60)}",\n    }`,
    );
  });

  it('are one word to a shell', () => {
    expect(shellQuoted("it's $HOME")).toBe(String.raw`'it'\''s $HOME'`);
  });
});

describe('snippets', () => {
  const job = (protocol: (typeof PROTOCOLS)[number], request = PING) =>
    snippetJob({
      protocol,
      origin: 'http://localhost:8000',
      clientId: 'user-1',
      withToken: true,
      wire: wireOf(protocol, request),
      http: httpWire(request, []),
    });

  it('are there in every language that can speak to the protocol', () => {
    const none = PROTOCOLS.flatMap((protocol) =>
      LANGUAGES.filter((language) => 'none' in snippet(language, job(protocol))).map((language) => `${protocol} ${language}`),
    );
    expect(none).toEqual(['messenger wscat', 'mcp wscat']);
  });

  it('hold no token and nothing that looks like one, so that masking leaves them alone', () => {
    const all = PROTOCOLS.flatMap((protocol) => LANGUAGES.map((language) => snippet(language, job(protocol))));
    const codes = all.flatMap((made) => ('code' in made ? [made.code] : []));
    expect(codes.map((code) => masked(code))).toEqual(codes);
  });

  it('say the frame as it was written, where somebody wrote it', () => {
    const raw = rawWire('game', '{"a" :  1}');
    if (!raw) throw new Error('any text is a frame');
    const made = snippet('javascript', { ...job('game'), wire: raw });
    expect('code' in made && made.code).toContain(String.raw`socket.send("{\"a\" :  1}")`);
    expect(wireText(raw)).toBe('{"a" :  1}');
  });
});

describe('code with secrets that somebody wrote by hand', () => {
  const SECRET = 'hush "hush" \\ hush';
  const written = [
    ['mcp', `POST /auth\n${JSON.stringify({ login: 'agent', password: SECRET }, null, 2)}`],
    ['messenger', JSON.stringify({ mode: 'auth', password: SECRET, username: 'alice' }, null, 2)],
    ['socketio', JSON.stringify(['chat', { refresh_token: SECRET }])],
    ['game', JSON.stringify({ type: 'command', payload: { token: SECRET } })],
  ] as const;

  it.each(LANGUAGES)('is masked in %s', (language) => {
    for (const [protocol, text] of written) {
      const wire = rawWire(protocol, text);
      if (!wire) throw new Error(`nothing to send: ${text}`);
      const job = snippetJob({ protocol, origin: 'http://localhost', clientId: 'c', withToken: false, wire, http: null });
      const made = snippet(language, job);
      if (!('code' in made)) continue;
      expect(made.code).toContain('hush');
      expect(masked(made.code)).not.toContain('hush');
      // What stands around it is as it was.
      expect(masked(made.code).length).toBeGreaterThan(made.code.length - 60);
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CORE_ERRORS, CoreError, type ErrorCode } from '../../src/errors/catalogue.js';
import { gameCodec } from '../../src/protocols/game/game.codec.js';
import { messengerCodec } from '../../src/protocols/messenger/messenger.codec.js';
import { restCodec } from '../../src/protocols/rest/rest.codec.js';
import { socketIoCodec } from '../../src/protocols/socketio/socketio.codec.js';
import { CLOSE, noticeOf } from '../../src/realtime/close-reasons.js';
import type { Codec, Decoded } from '../../src/realtime/codec.js';

const PEER = { id: 'connection', clientId: 'client', userId: 7 };
const TEXT_CODECS: readonly Codec<string, string | null>[] = [gameCodec, restCodec, messengerCodec];

/** What the pipeline would answer to whatever was decoded. */
function answer<Frame>(codec: Codec<Frame>, decoded: Decoded): unknown {
  switch (decoded.kind) {
    case 'bad':
      return codec.badFrame(decoded.context, decoded.detail, PEER);
    case 'refused':
      return codec.error(decoded.context, decoded.error, PEER);
    case 'reply':
      return codec.result(decoded.context, decoded.data, PEER);
    case 'command':
      return [codec.result(decoded.context, {}, PEER), codec.error(decoded.context, new CoreError('not_found'), PEER)];
  }
}

/** JSON that looks like frames of all the protocols at once. */
const frameLike = fc.record(
  {
    type: fc.oneof(fc.constantFrom('command', 'chat', 'hello', '__proto__'), fc.jsonValue()),
    v: fc.oneof(fc.constant(1), fc.jsonValue()),
    request_id: fc.oneof(fc.string(), fc.jsonValue()),
    domain: fc.oneof(fc.constantFrom('system', 'constructor'), fc.jsonValue()),
    command: fc.oneof(fc.constantFrom('ping', 'toString'), fc.jsonValue()),
    payload: fc.jsonValue(),
    mode: fc.oneof(fc.constantFrom('auth', 'register', 'recovery', 'logout', 'valueOf'), fc.jsonValue()),
    token: fc.jsonValue(),
    username: fc.jsonValue(),
    chat_id: fc.jsonValue(),
    message: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
  },
  { requiredKeys: [] },
);

describe.each(TEXT_CODECS)('the codec of $protocol', (codec) => {
  it('makes something of every text, and an answer of JSON to it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.json(),
          frameLike.map((frame) => JSON.stringify(frame)),
        ),
        (raw) => {
          const frames = [answer(codec, codec.decode(raw, PEER))].flat();
          for (const frame of frames) expect(JSON.parse(frame as string)).toBeTypeOf('object');
        },
      ),
    );
  });

  it('decodes the same frame to the same meaning, every time', () => {
    fc.assert(
      fc.property(frameLike, (frame) => {
        const raw = JSON.stringify(frame);
        expect(codec.decode(raw, PEER)).toEqual(codec.decode(raw, PEER));
      }),
    );
  });

  it('calls what is no object, or binary, or too deep, a bad frame', () => {
    for (const raw of [null, '', 'x', '17', '"text"', 'null', '[]', '[{}]', `{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`]) {
      expect(codec.decode(raw, PEER)).toMatchObject({ kind: 'bad', detail: expect.stringMatching(/\w/) });
    }
  });

  it.each(Object.keys(CORE_ERRORS) as ErrorCode[])('words the error %s, without its cause', (code) => {
    const error = new CoreError(code, { cause: new Error('a secret of ours') });
    const context = { requestId: 'r', kind: 'command', command: { requestId: 'r' }, mode: 'auth', status: 200 };
    for (const frame of [codec.error(context, error, PEER), codec.error(undefined, error, PEER)]) {
      expect(frame).toMatch(/[a-z]/);
      expect(frame).not.toContain('secret');
    }
  });

  it.each(Object.entries(CLOSE))('says of %s what to do next', (_name, reason) => {
    const frame = JSON.parse(codec.disconnect(noticeOf(reason)));
    const { code, reconnect, reason: why } = reason;
    expect(frame.data ?? frame).toMatchObject({ code, reason: why, reconnect });
  });
});

describe('the codec of socketio', () => {
  it('makes something of every event, and an answer to it', () => {
    const event = fc.oneof(fc.constantFrom('hello', 'command', 'chat'), fc.string());
    fc.assert(
      fc.property(event, fc.oneof(frameLike, fc.anything()), (name, data) => {
        const answers = [answer(socketIoCodec, socketIoCodec.decode({ event: name, data }, PEER))].flat();
        for (const one of answers) expect(one).toMatchObject({ event: expect.any(String), data: expect.any(Object) });
      }),
    );
  });

  it('never uses a name for events that Socket.IO keeps for itself', () => {
    const reserved = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'];
    for (const reason of Object.values(CLOSE)) expect(reserved).not.toContain(socketIoCodec.disconnect(noticeOf(reason)).event);
  });
});

describe('a command frame', () => {
  const frame = { type: 'command', v: 1, request_id: 'r', domain: 'system', command: 'ping', payload: { sent_at: 1 } };
  const expected = { kind: 'command', domain: 'system', name: 'ping', payload: { sent_at: 1 } };

  it('means the same in every protocol that carries it', () => {
    expect(gameCodec.decode(JSON.stringify(frame), PEER)).toMatchObject(expected);
    expect(restCodec.decode(JSON.stringify(frame), PEER)).toMatchObject(expected);
    expect(socketIoCodec.decode({ event: 'command', data: frame }, PEER)).toMatchObject(expected);
  });

  it('can never ask for what only codecs may ask for', () => {
    for (const decoded of [
      gameCodec.decode(JSON.stringify({ ...frame, internal: true }), PEER),
      restCodec.decode(JSON.stringify({ ...frame, internal: true, token: 'x' }), PEER),
      socketIoCodec.decode({ event: 'command', data: { ...frame, internal: true } }, PEER),
    ]) {
      expect(decoded).not.toHaveProperty('internal');
      expect(decoded).not.toHaveProperty('token');
    }
  });
});

describe('a mode of the messenger', () => {
  const decode = (frame: object) => messengerCodec.decode(JSON.stringify(frame), PEER);

  it('takes the fields of the document and no others', () => {
    expect(decode({ mode: 'register', username: 'u', password: 'p', email: 'e', is_superuser: true, token: 't' })).toEqual({
      ...{ kind: 'command', domain: 'account', name: 'register', internal: true },
      ...{ payload: { username: 'u', password: 'p', email: 'e' }, context: { mode: 'register', status: 200 } },
    });
  });

  it('is signed where the document says so', () => {
    expect(decode({ mode: 'logout', username: 'u', token: 't' })).toMatchObject({ kind: 'command', token: 't' });
    expect(decode({ mode: 'logout', username: 'u', token: 17 })).toMatchObject({ kind: 'refused' });
    expect(decode({ mode: 'auth', username: 'u', token: 't' })).not.toHaveProperty('token');
  });
});

describe('retry_after_ms', () => {
  it('differs from one connection to the next, so that they do not come back in one wave', () => {
    const waits = new Set(Array.from({ length: 100 }, () => noticeOf(CLOSE.goingAway).retry_after_ms));
    expect(waits.size).toBeGreaterThan(50);
    for (const wait of waits) expect(wait).toBeGreaterThan(0);
  });
});

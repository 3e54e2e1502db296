import { Injectable, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { Parser } from '@asyncapi/parser';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Command } from '../../src/commands/command.js';
import { CommandRegistry } from '../../src/commands/registry.js';
import { CoreError, type ErrorCode, invalidInput } from '../../src/errors/catalogue.js';
import { gameCodec } from '../../src/protocols/game/game.codec.js';
import { messengerCodec } from '../../src/protocols/messenger/messenger.codec.js';
import { restCodec } from '../../src/protocols/rest/rest.codec.js';
import { socketIoCodec } from '../../src/protocols/socketio/socketio.codec.js';
import { noticeOf } from '../../src/realtime/close-reasons.js';
import type { Codec, Decoded } from '../../src/realtime/codec.js';
import { SocketEndpoints } from '../../src/realtime/endpoints.js';
import { Emits, EventRegistry, exampleEvent } from '../../src/realtime/events.js';
import { Text } from '../../src/validation/fields.js';
import { type AsyncApi, asyncApiOf, type DescribedProtocol, type Frame, protocolsOf } from '../support/asyncapi.js';
import { TestServer } from '../support/server.js';

const ERROR = 0;
const WITH_COMMANDS = ['game', 'rest', 'socketio'];
const PEER = { id: 'connection', clientId: 'client', userId: 7 };
const CODECS: readonly Codec[] = [gameCodec, restCodec, messengerCodec, socketIoCodec];

let server: TestServer;
let document: AsyncApi;
let described: Map<string, DescribedProtocol>;

beforeAll(async () => {
  server = await TestServer.start();
  document = await asyncApiOf(server);
  described = protocolsOf(document);
});
afterAll(() => server.stop());

/** What the parser holds against a document. */
async function errorsOf(whole: AsyncApi): Promise<string[]> {
  const { diagnostics } = await new Parser().parse(JSON.stringify(whole));
  return diagnostics.filter(({ severity }) => severity === ERROR).map(({ message, path }) => `${path.join('/')}: ${message}`);
}

describe('the document', () => {
  // The parser takes seconds, and more of them beside other tests.
  it('is valid AsyncAPI 3', { timeout: 120_000 }, async () => {
    expect(document.asyncapi).toBe('3.0.0');
    expect(await errorsOf(document)).toEqual([]);
    // The judge does find what is wrong.
    const { operations, ...rest } = document;
    const [[key, operation]] = Object.entries(operations) as [[string, AsyncApi['operations'][string]]];
    const broken = { ...rest, operations: { [key]: { ...operation, channel: { $ref: '#/channels/none' } } } };
    expect(await errorsOf(broken)).not.toEqual([]);
  });

  it('has every path of every socket', () => {
    const paths = server.app
      .get(SocketEndpoints)
      .all()
      .flatMap((endpoint) => endpoint.paths);
    const addresses = [...paths.map((path) => path.replaceAll(/:(\w+)/g, '{$1}')), '/socket.io/'];
    expect(
      Object.values(document.channels)
        .map(({ address }) => address)
        .sort(),
    ).toEqual(addresses.sort());
    expect([...described.keys()]).toEqual(['game', 'rest', 'messenger', 'socketio']);
  });

  it.each(WITH_COMMANDS)('has every command that clients can call, and every event, of %s', (name) => {
    const protocol = described.get(name);
    const asked = protocol?.asked.map((one) => one.name) ?? [];
    const commands = server.app.get(CommandRegistry, { strict: false }).describe();
    expect(commands.length).toBeGreaterThan(20);
    for (const { command, access } of commands) {
      expect(asked).toContain(command);
      expect(protocol?.asked.find((one) => one.name === command)?.access).toBe(access);
    }
    const events = server.app.get(EventRegistry).all();
    expect(events.length).toBeGreaterThan(10);
    for (const event of events) expect(protocol?.told).toContain(event.name);
  });

  it('says where tokens go, wherever one is needed', () => {
    const unsecured = Object.entries(document.operations).filter(
      ([, one]) => one.action === 'receive' && one['x-access'] === 'user' && (one.security ?? []).length === 0,
    );
    expect(unsecured.map(([key]) => key)).toEqual([]);
    const anonymous = document.operations['rest.system.ping'];
    expect(anonymous?.security).toBeUndefined();
  });

  it('shows an example of every error that a request may be refused with', () => {
    for (const protocol of described.values()) {
      for (const { name, errors, fault } of protocol.asked) {
        const shown = protocol.message(fault).examples.map((example) => example.name);
        expect(shown, `${protocol.name} ${name}`).toEqual(expect.arrayContaining([...errors]));
      }
    }
  });

  it('shows examples that are as the document says', () => {
    for (const protocol of described.values()) {
      const names = [...protocol.asked.map(({ request }) => request.name), ...protocol.fromServer];
      for (const name of names) {
        const { examples } = protocol.message(name);
        expect(examples.length, name).toBeGreaterThan(0);
        for (const { headers, payload } of examples) {
          expect(protocol.faultsOf(name, { ...headers, frame: payload }), `${protocol.name} ${name}`).toBe('');
        }
      }
    }
  });

  it('says of mcp that it has no socket', () => {
    expect(document.info.description).toContain('`mcp` has no socket');
    expect(document.info.description).toContain('POST /api/v1/commands/{domain}/{command}');
  });
});

/** JSON that looks like frames of all the protocols at once. */
const frameLike = fc.record(
  {
    type: fc.oneof(fc.constantFrom('command', 'chat', 'hello'), fc.jsonValue()),
    v: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.jsonValue()),
    request_id: fc.oneof({ weight: 4, arbitrary: fc.string() }, fc.jsonValue()),
    domain: fc.oneof({ weight: 4, arbitrary: fc.constantFrom('system', 'chat') }, fc.jsonValue()),
    command: fc.oneof({ weight: 4, arbitrary: fc.constantFrom('ping', 'whoami', 'send', 'get', 'dance') }, fc.jsonValue()),
    mode: fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom('auth', 'register', 'recovery', 'logout', 'getChats', 'getMessages', 'sendMessage'),
      },
      fc.jsonValue(),
    ),
    token: fc.jsonValue(),
    chat_id: fc.option(fc.integer(), { nil: undefined }),
    message: fc.oneof(fc.string(), fc.jsonValue()),
  },
  { requiredKeys: [] },
);

describe.each(CODECS.map((codec) => [codec.protocol, codec] as const))('the codec of %s', (name, codec) => {
  const shown = (encoded: unknown): Frame => {
    if (typeof encoded === 'string') return { frame: JSON.parse(encoded) };
    const { event, data } = encoded as { event: string; data: unknown };
    return { event, frame: JSON.parse(JSON.stringify(data)) };
  };
  const expectKnown = (encoded: unknown): void => {
    const frame = shown(encoded);
    expect(described.get(name)?.namesOf(frame), JSON.stringify(frame)).not.toEqual([]);
  };

  /** Everything that the pipeline might answer to a frame. */
  function answersTo(decoded: Decoded): unknown[] {
    const { context } = decoded;
    if (decoded.kind === 'bad') return [codec.badFrame(context, decoded.detail, PEER)];
    if (decoded.kind === 'reply') return [codec.result(context, decoded.data, PEER)];
    if (decoded.kind === 'refused') return [codec.error(context, decoded.error, PEER)];
    const command = server.app.get(CommandRegistry, { strict: false }).find(decoded.domain, decoded.name);
    if (!command || (command.internal && !decoded.internal))
      return [codec.error(context, new CoreError('unknown_command'), PEER)];
    const codes: ErrorCode[] = [...(command.errors ?? []), 'too_many_requests', 'unavailable', 'internal'];
    const issue = { loc: ['payload', 'content'], msg: 'field required', type: 'value_error.missing' };
    const errors = [...codes.map((code) => new CoreError(code)), ...(command.payload ? [invalidInput(issue)] : [])];
    return [
      codec.result(context, command.example?.answer ?? {}, PEER),
      ...errors.map((error) => codec.error(context, error, PEER)),
    ];
  }

  it('answers with no frame that the document lacks', () => {
    const raw =
      name === 'socketio'
        ? fc.record({ event: fc.constantFrom('hello', 'command', 'chat', 'dance'), data: frameLike })
        : frameLike;
    fc.assert(
      fc.property(raw, (frame) => {
        const decoded = codec.decode(name === 'socketio' ? frame : JSON.stringify(frame), PEER);
        for (const answer of answersTo(decoded)) expectKnown(answer);
      }),
      { numRuns: 300 },
    );
  });

  it('tells nothing that the document lacks', () => {
    for (const event of server.app.get(EventRegistry).all()) {
      const encoded = codec.event(exampleEvent(event));
      if (encoded !== undefined) expectKnown(encoded);
    }
    const hello = codec.hello?.(PEER, 30);
    if (hello !== undefined) expectKnown(hello);
    for (const close of described.get(name)?.channel['x-close-codes'] ?? []) {
      expectKnown(codec.disconnect(close.reconnect ? noticeOf({ ...close, retryBetween: [200, 2000] }) : noticeOf(close)));
    }
  });
});

describe('a frame that the document does not know', () => {
  it('is told from those that it does', () => {
    const game = described.get('game');
    const [example] = game?.message('chat.message').examples ?? [];
    expect(game?.namesOf({ frame: example?.payload })).toEqual(['chat.message']);
    expect(game?.namesOf({ frame: { ...example?.payload, more: 1 } })).toEqual([]);
    expect(game?.namesOf({ frame: { ...example?.payload, data: { ...example?.payload.data, more: 1 } } })).toEqual([]);
    expect(game?.namesOf({ frame: { ...example?.payload, event: 'spoken' } })).toEqual([]);
  });
});

describe('where it is reached', () => {
  it('is where the server listens', () => {
    const host = `127.0.0.1:${server.port}`;
    expect(document.servers).toMatchObject({ websocket: { host, protocol: 'ws' }, socketio: { host, protocol: 'http' } });
  });
});

describe('extensions', () => {
  class WavePayload {
    @Text({ max: 20, example: 'both' })
    hand!: string;
  }

  @Injectable()
  @Emits({
    name: 'greeting.waved',
    summary: 'Somebody waves.',
    data: { type: 'object', properties: { hand: { type: 'string' } }, required: ['hand'] },
    example: { hand: 'both' },
  })
  class WaveCommands {
    @Command('greeting.wave', { summary: 'Waves.', payload: WavePayload, errors: ['conflict'] })
    wave({ hand }: WavePayload): object {
      return { hand };
    }
  }

  @Module({ providers: [WaveCommands] })
  class WaveModule {}

  it('show their commands and events by themselves', { timeout: 120_000 }, async () => {
    const extended = await TestServer.start({
      extensions: [WaveModule],
      variables: { PROTOCOLS: 'game,mcp', PUBLIC_URL: 'https://play.example.com/sub' },
    });
    const own = await asyncApiOf(extended);
    await extended.stop();
    expect(await errorsOf(own)).toEqual([]);
    expect(own.servers).toMatchObject({ websocket: { host: 'play.example.com', protocol: 'wss', pathname: '/sub' } });
    expect(Object.keys(own.channels)).toEqual(['game']);
    const game = protocolsOf(own).get('game');
    const wave = game?.asked.find(({ name }) => name === 'greeting.wave');
    expect(wave).toMatchObject({ access: 'user', errors: expect.arrayContaining(['conflict', 'invalid_input']) });
    expect(wave?.request.examples[0]?.payload).toMatchObject({ domain: 'greeting', command: 'wave', payload: { hand: 'both' } });
    expect(game?.message('greeting.waved').examples[0]?.payload).toEqual({
      ...{ type: 'event', v: 1, domain: 'greeting', event: 'waved', data: { hand: 'both' } },
    });
  });

  it('have events of one name once', async () => {
    const module = Test.createTestingModule({
      imports: [DiscoveryModule],
      providers: [EventRegistry, WaveCommands, OtherCommands],
    });
    await expect(module.compile().then((app) => app.init())).rejects.toThrow('The event greeting.waved is declared twice');
  });

  @Injectable()
  @Emits({ name: 'greeting.waved', summary: 'Another.', data: { type: 'object' }, example: {} })
  class OtherCommands {}
});

describe('a server without sockets', () => {
  it('has a document that says so', async () => {
    const silent = await TestServer.start({ variables: { PROTOCOLS: 'mcp' } });
    const own = await asyncApiOf(silent);
    await silent.stop();
    expect(await errorsOf(own)).toEqual([]);
    expect([own.channels, own.operations, own.servers]).toEqual([{}, {}, {}]);
    // It promises nothing that is not there, either.
    expect(own.info.description).toContain(
      '**Protocols** with sockets here: none. The protocol `mcp` has no socket: its clients log in over HTTP.',
    );
    expect(own.info.description).not.toMatch(/\/api\/v1|open any|\*\*Tokens/);
  });
});

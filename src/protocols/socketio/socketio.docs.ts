import type { FrameContext } from '../../commands/chat-frame.js';
import { chatRequests, ECHO_ERRORS, SENT_DATA } from '../../commands/chat-frame.docs.js';
import { commandRequests, faultExamples, faultProperties, disconnectFrame, VERSION } from '../../commands/command-frame.docs.js';
import { NAMES_SCHEMA } from '../../commands/frame-names.js';
import {
  disconnectDocs,
  type DocumentedCore,
  EXAMPLE_PEER,
  type FrameDocs,
  type ProtocolDocs,
  type RequestDocs,
  type ToldDocs,
} from '../../commands/protocol-docs.js';
import type { ErrorCode } from '../../errors/catalogue.js';
import type { SocketIoFrame } from '../../realtime/adapters/socketio-transport.js';
import { CLOSE } from '../../realtime/close-reasons.js';
import { type EventDocs, exampleEvent } from '../../realtime/events.js';
import { NOTICE_EVENT, socketIoCodec } from './socketio.codec.js';

const { silent: _silent, ...OWN_CLOSES } = CLOSE;
const CLOSES = Object.values(OWN_CLOSES);

/** The argument of an event as it arrives: what is undefined is left out on the way. */
const shown = (frame: SocketIoFrame | undefined): object => JSON.parse(JSON.stringify(frame?.data ?? {})) as object;

const answered = (context: FrameContext, data: unknown): object => shown(socketIoCodec.result(context, data, EXAMPLE_PEER));

const greeting = (): ToldDocs => ({
  kind: 'connection',
  frame: {
    name: 'hello',
    summary: 'The first event of every connection',
    event: 'hello',
    schema: {
      type: 'object',
      properties: {
        type: { const: 'hello' },
        v: VERSION,
        connection_id: { type: 'string' },
        heartbeat_sec: {
          type: 'integer',
          description: 'For clients that know it from `game`: Socket.IO has a heartbeat of its own',
        },
      },
      required: ['type', 'v', 'connection_id', 'heartbeat_sec'],
    },
    examples: [{ name: 'hello', summary: 'Connected', frame: shown(socketIoCodec.hello?.(EXAMPLE_PEER, 30)) }],
  },
});

/** `chat` and `hello`, where they are refused: as the fault of a command, but without its head. */
function refusal({ commands }: DocumentedCore): FrameDocs {
  const said = commands.find(({ fullName }) => fullName === 'chat.send')?.errors ?? [];
  const codes: ErrorCode[] = [...new Set([...said, ...ECHO_ERRORS])];
  return {
    name: 'chat.fault',
    summary: 'A chat or hello that was refused',
    event: 'response',
    schema: {
      type: 'object',
      properties: { success: { const: false }, ...NAMES_SCHEMA, ...faultProperties(codes) },
      required: ['success', 'code', 'detail'],
    },
    examples: faultExamples(
      codes,
      (error) => shown(socketIoCodec.error({ kind: 'sent', names: {} }, error, EXAMPLE_PEER)),
      'content',
    ),
  };
}

const helloOf = (fault: FrameDocs): RequestDocs => ({
  name: 'hello',
  summary: 'Asks whom the server takes the connection for.',
  access: 'user',
  request: {
    name: 'hello.request',
    summary: 'A greeting',
    event: 'hello',
    schema: { type: 'object', properties: { message: { description: 'Given back as it was sent' } } },
    examples: [{ name: 'request', summary: 'A greeting', frame: { message: 'Hello, server!' } }],
  },
  answer: {
    name: 'hello.answer',
    summary: 'Whom the server takes the connection for',
    event: 'hello',
    schema: {
      type: 'object',
      properties: {
        type: { const: 'hello' },
        v: VERSION,
        message: {},
        connection_id: { type: 'string' },
        user_id: { type: ['integer', 'null'] },
        ...NAMES_SCHEMA,
      },
      required: ['type', 'v', 'connection_id', 'user_id'],
    },
    examples: [
      { name: 'answer', summary: 'Known', frame: answered({ kind: 'hello', message: 'Hello, server!', names: {} }, {}) },
    ],
  },
  fault,
  errors: ECHO_ERRORS.filter((code) => code !== 'invalid_input'),
});

const chatsOf = (core: DocumentedCore, fault: FrameDocs): RequestDocs[] =>
  chatRequests(core, {
    head: {},
    headExample: {},
    event: 'chat',
    echo: {
      event: 'chat',
      schema: {
        type: 'object',
        properties: {
          client_id: { type: 'string', description: 'The id of the connection' },
          message: { type: 'string' },
          type: { const: 'echo' },
          ...NAMES_SCHEMA,
        },
        required: ['client_id', 'message', 'type'],
      },
    },
    sent: {
      event: 'response',
      schema: {
        type: 'object',
        properties: { success: { const: true }, ...NAMES_SCHEMA, data: SENT_DATA },
        required: ['success', 'data'],
      },
    },
    fault,
    answer: answered,
  });

const eventOf = (docs: EventDocs): ToldDocs => {
  const { name, summary, data } = docs;
  const event = exampleEvent(docs);
  const type = { type: 'object', properties: { type: { const: event.event } }, required: ['type'] };
  return {
    kind: 'event',
    frame: {
      name,
      summary,
      event: event.domain,
      schema: { allOf: [type, data] },
      examples: [{ name: 'event', summary, frame: shown(socketIoCodec.event(event)) }],
    },
  };
};

const badEvent = (): ToldDocs => ({
  kind: 'fault',
  frame: {
    name: 'error',
    summary: 'The answer to an event with another name or argument. The tenth within a minute ends the connection.',
    event: 'error',
    schema: {
      type: 'object',
      properties: {
        type: { const: 'error' },
        v: VERSION,
        success: { const: false },
        code: { const: 'bad_frame' },
        detail: { type: 'string', description: 'For people' },
        ...NAMES_SCHEMA,
      },
      required: ['type', 'v', 'success', 'code', 'detail'],
    },
    examples: [
      {
        name: 'unknown-event',
        summary: 'Another event',
        frame: shown(socketIoCodec.badFrame(undefined, 'Events are hello, command and chat', EXAMPLE_PEER)),
      },
    ],
  },
});

const disconnect = (): ToldDocs =>
  disconnectDocs({
    closes: CLOSES,
    summary: 'The last event of a connection: why the server ends it',
    description: 'Socket.IO keeps the name `disconnect` for itself, and its own event says nothing of the reason.',
    event: NOTICE_EVENT,
    frameOf: (notice) => shown(socketIoCodec.disconnect(notice)),
    schemaOf: disconnectFrame,
  });

/** `/socket.io/` for documents. */
export const socketIoDocs: ProtocolDocs = {
  protocol: 'socketio',
  description: [
    'Events of Socket.IO 4 in the namespace `/`, by WebSocket or long polling. A message below is an event: its title and the header `event` say its name,',
    'the payload is its first argument. A client that asks for an acknowledgement gets the answer as that, without an event of its own.',
    'Without a good token the client gets `connect_error` with the message `Not authenticated`. Where `reconnect` is true, the server closes the',
    'transport, and a client comes back by itself; where it is false, the server disconnects the client, which then stays away.',
  ].join(' '),
  place: { paths: ['/socket.io/'], token: 'required' },
  credentials: ['header', 'query', 'auth'],
  refusals: [
    'origin_not_allowed',
    'too_large',
    'too_many_requests',
    'method_not_allowed',
    'upgrade_required',
    'bad_handshake',
    'unavailable',
  ],
  closes: CLOSES,
  requests: (core) => {
    const fault = refusal(core);
    const commands = commandRequests(core.commands, {
      codec: socketIoCodec,
      contextOf: (requestId): FrameContext => ({ kind: 'command', command: { requestId } }),
      shown,
      optional: ['type', 'v'],
      events: { request: 'command', answer: 'response' },
    });
    return [helloOf(fault), ...chatsOf(core, fault), ...commands];
  },
  told: ({ events }) => [greeting(), ...events.map(eventOf), badEvent(), disconnect()],
};

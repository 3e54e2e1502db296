import type { FrameContext } from '../../commands/chat-frame.js';
import { chatRequests, ECHO_ERRORS, NAMED_SENT_DATA } from '../../commands/chat-frame.docs.js';
import { commandRequests, faultExamples, faultProperties } from '../../commands/command-frame.docs.js';
import { NAMES_SCHEMA } from '../../commands/frame-names.js';
import {
  disconnectDocs,
  type DocumentedCore,
  EXAMPLE_PEER,
  type FrameDocs,
  parsed,
  type ProtocolDocs,
  type RequestDocs,
  type ToldDocs,
} from '../../commands/protocol-docs.js';
import type { ErrorCode } from '../../errors/catalogue.js';
import { CLOSE } from '../../realtime/close-reasons.js';
import { type EventDocs, exampleEvent } from '../../realtime/events.js';
import type { JsonSchema } from '../../validation/fields.js';
import { restCodec } from './rest.codec.js';

const { tryAgainLater: _later, ...OWN_CLOSES } = CLOSE;
const CLOSES = Object.values(OWN_CLOSES);

const TIMESTAMP: JsonSchema = { type: 'string', format: 'date-time', description: 'UTC, whole seconds' };

/** `{type, data, timestamp}` */
const stamped = (type: string, data: JsonSchema): JsonSchema => ({
  type: 'object',
  properties: { type: { const: type }, data, timestamp: TIMESTAMP },
  required: ['type', 'data', 'timestamp'],
});

const answered = (context: FrameContext, data: unknown): object => parsed(restCodec.result(context, data, EXAMPLE_PEER));

/** One frame for whatever is no command: what it says is refused, or is no frame at all. */
function errorFrame({ commands }: DocumentedCore): FrameDocs {
  const said = commands.find(({ fullName }) => fullName === 'chat.send')?.errors ?? [];
  const codes: ErrorCode[] = [...new Set([...said, ...ECHO_ERRORS])];
  const { errors: _errors, retry_after: _retry, ...properties } = faultProperties([...codes, 'malformed']);
  const data = { type: 'object', properties: { ...properties, ...NAMES_SCHEMA }, required: ['code', 'detail'] };
  return {
    name: 'error',
    summary: 'The answer to what is no frame, and to chat and hello where they are refused',
    description: 'The tenth bad frame within a minute ends the connection.',
    schema: stamped('error', data),
    examples: [
      {
        name: 'bad-frame',
        summary: 'No JSON',
        frame: parsed(restCodec.badFrame(undefined, 'Frame is not a JSON object', EXAMPLE_PEER)),
      },
      ...faultExamples(codes, (error) =>
        parsed(restCodec.error({ kind: 'sent', names: { client_msg_id: 'm1' } }, error, EXAMPLE_PEER)),
      ),
    ],
  };
}

const helloOf = (fault: FrameDocs): RequestDocs => ({
  name: 'hello',
  summary: 'Asks whom the server takes the connection for.',
  access: 'anonymous',
  request: {
    name: 'hello.request',
    summary: 'A greeting',
    schema: {
      type: 'object',
      properties: { type: { const: 'hello' }, message: { description: 'Given back as it was sent' } },
      required: ['type'],
    },
    examples: [{ name: 'request', summary: 'A greeting', frame: { type: 'hello', message: 'Hello, server!' } }],
  },
  answer: {
    name: 'hello.answer',
    summary: 'Whom the server takes the connection for',
    schema: {
      type: 'object',
      properties: {
        type: { const: 'hello' },
        message: {},
        client_id: { type: 'string' },
        user_id: { type: ['integer', 'null'], description: 'null while anonymous' },
        ...NAMES_SCHEMA,
        timestamp: TIMESTAMP,
      },
      required: ['type', 'client_id', 'user_id', 'timestamp'],
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
    head: { type: { const: 'chat' } },
    headExample: { type: 'chat' },
    echo: {
      schema: {
        type: 'object',
        properties: { client_id: { type: 'string' }, message: { type: 'string' }, type: { const: 'echo' }, ...NAMES_SCHEMA },
        required: ['client_id', 'message', 'type'],
      },
    },
    sent: { schema: stamped('chat.sent', NAMED_SENT_DATA) },
    fault,
    answer: answered,
  });

const eventOf = (event: EventDocs): ToldDocs => ({
  kind: 'event',
  frame: {
    name: event.name,
    summary: event.summary,
    schema: stamped(event.name, event.data),
    examples: [{ name: 'event', summary: event.summary, frame: parsed(restCodec.event(exampleEvent(event)) ?? '{}') }],
  },
});

const disconnect = (): ToldDocs =>
  disconnectDocs({
    closes: CLOSES,
    summary: 'The last frame of a connection: why the server closes it',
    frameOf: (notice) => parsed(restCodec.disconnect(notice)),
    schemaOf: (notice) => stamped('disconnect', { type: 'object', ...notice }),
  });

/** `/api/v1/ws/{client_id}` and `/ws/{client_id}` for documents. */
export const restDocs: ProtocolDocs = {
  protocol: 'rest',
  description: [
    'JSON text frames, told apart by their `type`. A connection may be anonymous, also by a bad token; the command `system.authenticate`',
    'makes it somebody’s. The server says nothing before the client does. It sends WebSocket pings, which libraries answer by themselves.',
  ].join(' '),
  parameters: {
    client_id: 'Chosen by the client: 1 to 128 characters, no control characters. It means something for its user only.',
  },
  credentials: ['header', 'query'],
  refusals: [
    'origin_not_allowed',
    'invalid_input',
    'too_many_requests',
    'method_not_allowed',
    'upgrade_required',
    'bad_handshake',
    'unavailable',
  ],
  closes: CLOSES,
  requests: (core) => {
    const fault = errorFrame(core);
    const commands = commandRequests(core.commands, {
      codec: restCodec,
      contextOf: (requestId): FrameContext => ({ kind: 'command', command: { requestId } }),
      shown: parsed,
    });
    return [helloOf(fault), ...chatsOf(core, fault), ...commands];
  },
  told: (core) => [...core.events.map(eventOf), { kind: 'fault', frame: errorFrame(core) }, disconnect()],
};

import { ANY_REQUEST, faultExamples } from '../../commands/command-frame.docs.js';
import { NAMES_SCHEMA } from '../../commands/frame-names.js';
import {
  disconnectDocs,
  type CommandDocs,
  type DocumentedCore,
  EXAMPLE_PEER,
  type FrameDocs,
  parsed,
  type ProtocolDocs,
  type RequestDocs,
  type ToldDocs,
} from '../../commands/protocol-docs.js';
import { CoreError, type ErrorCode } from '../../errors/catalogue.js';
import { CLOSE } from '../../realtime/close-reasons.js';
import { type EventDocs, exampleEvent } from '../../realtime/events.js';
import type { JsonSchema } from '../../validation/fields.js';
import { messengerCodec } from './messenger.codec.js';
import { messengerFault, NO_MODE } from './messenger.errors.js';
import { type Mode, type ModeName, MODES } from './messenger.modes.js';

const { tryAgainLater: _later, ...OWN_CLOSES } = CLOSE;
const CLOSES = Object.values(OWN_CLOSES);

const TOKEN = 'eyJhbGciOiJFUzI1NiIs…';
const REQUEST_ID: JsonSchema = { description: 'Any value; given back as it was sent, where there was one' };
const TIME: JsonSchema = { type: 'number', description: 'Unix seconds, with milliseconds' };

const MESSAGE: JsonSchema = {
  title: 'MessengerMessage',
  type: 'object',
  properties: {
    message_id: { type: 'integer' },
    from_id: { type: 'integer' },
    from_name: { type: 'string' },
    content: { type: 'string' },
    content_type: { type: 'string' },
    content_time: TIME,
  },
  required: ['message_id', 'from_id', 'from_name', 'content', 'content_type', 'content_time'],
};

const CHAT: JsonSchema = {
  title: 'MessengerChat',
  type: 'object',
  properties: {
    chat_id: { type: 'integer' },
    chat_name: { type: 'string' },
    chat_type: { type: 'string', enum: ['personal', 'group'] },
  },
  required: ['chat_id', 'chat_name', 'chat_type'],
};

type Properties = Readonly<Record<string, JsonSchema>>;

const object = (title: string, properties: Properties): JsonSchema => ({
  title,
  type: 'object',
  properties,
  required: Object.keys(properties),
});

const REQUEST = object('MessengerRequest', {
  chat_id: { type: 'integer' },
  chat_name: { type: 'string' },
  chat_type: { type: 'string', enum: ['personal', 'group'] },
  from_id: { type: 'integer', description: 'Who asks' },
  from_name: { type: 'string' },
  request_time: TIME,
});

const BLOCKED = { user_id: { type: 'integer' }, username: { type: 'string' }, block_time: TIME };
const HAS_MORE: JsonSchema = { const: true, description: 'Only if there is more in the direction that was asked for' };
const NEXT_CURSOR: JsonSchema = { type: ['string', 'null'], description: 'For the next page; null after the last' };

/** What comes without a request, by its mode. */
const PUSHES: Readonly<Record<string, { readonly summary: string; readonly fields: Properties }>> = {
  newMessage: {
    summary: 'Something was said in a chat of the user, by others or by another connection of its own.',
    fields: { chat_id: { type: 'integer' }, message: MESSAGE },
  },
  addedToChat: {
    summary: 'The user is in a chat now: it was made with them, they were added, or they came in by another connection.',
    fields: { chat_id: { type: 'integer' } },
  },
  removedFromChat: {
    summary: 'The user is no longer in a chat: they were removed, or left by another connection.',
    fields: { chat_id: { type: 'integer' } },
  },
  memberUpdated: {
    summary:
      'Somebody who shares a chat with the user has another name, or their account was deactivated, suspended, activated again or deleted.',
    fields: {
      user_id: { type: 'integer' },
      username: { type: 'string', description: 'As it is now; `deleted user` after a deletion' },
      is_active: { type: 'boolean', description: 'Whether the account can be used: false while deactivated or suspended' },
      is_deleted: { type: 'boolean' },
    },
  },
  newRequest: { summary: 'Somebody wants the user in a chat.', fields: { request: REQUEST } },
  requestClosed: {
    summary: 'A request waits no longer: it was accepted, declined or taken back.',
    fields: { chat_id: { type: 'integer' } },
  },
};

interface About {
  readonly summary: string;
  readonly answer: Properties;
  /** Fields that are not always there. */
  readonly more?: Properties;
}

/** What is peculiar to each mode, in the words of this protocol. */
const ABOUT: Readonly<Record<ModeName, About>> = {
  auth: {
    summary: 'Logs in. The connection belongs to the user from then on.',
    answer: { token: { type: 'string', description: 'An access token; there is no refresh' } },
  },
  register: {
    summary: 'Makes an account. The connection belongs to the new user from then on.',
    answer: { token: { type: 'string', description: 'An access token; there is no refresh' } },
  },
  recovery: { summary: 'Sends a mail with a recovery link, where there is such an account with an address.', answer: {} },
  logout: { summary: 'Ends the session of the token. This connection stays open and belongs to nobody.', answer: {} },
  getChats: {
    summary:
      'Lists the chats of the user, the one with the newest activity first. A chat that moves while pages are read follows on the last of them.',
    answer: { chats: { type: 'array', items: CHAT } },
    more: { has_more: HAS_MORE, next_cursor: { type: 'string', description: 'With has_more: the `cursor` of the next page' } },
  },
  getMessages: {
    summary: 'Reads what was said in a chat. Edits are applied, deleted messages left out.',
    answer: { messages: { type: 'array', items: MESSAGE, description: 'Oldest first' } },
    more: { has_more: HAS_MORE },
  },
  sendMessage: {
    summary: 'Says something in a personal chat. The answer means that it is stored.',
    answer: { message_id: { type: 'integer' } },
  },
  sendGroupMessage: {
    summary: 'Says something in a group. The answer means that it is stored.',
    answer: { message_id: { type: 'integer' } },
  },
  createChat: {
    summary: 'Makes a chat. A second personal chat of the same two is the first one.',
    answer: { chat_id: { type: 'integer' } },
  },
  addMembers: { summary: 'Takes users into a group: the owner or an admin does.', answer: {} },
  markAsRead: {
    summary: 'Says that everything in a chat is read, up to a message. The highest counts.',
    answer: { message_id: { type: 'integer', description: 'How far the chat is read now' } },
  },
  leaveChat: { summary: 'Leaves a chat, and comes back only by accepting.', answer: {} },
  getRequests: {
    summary: 'Lists who wants the user in which chat, the newest first.',
    answer: { requests: { type: 'array', items: REQUEST }, next_cursor: NEXT_CURSOR },
  },
  acceptChat: {
    summary: 'Comes into a chat to which somebody asked the user.',
    answer: CHAT.properties as Properties,
  },
  declineChat: { summary: 'Declines a request. The person who asked does not learn of it.', answer: {} },
  hideChat: { summary: 'Takes a chat out of `getChats` until something new is in it.', answer: {} },
  blockUser: { summary: 'Blocks a user, who does not notice.', answer: BLOCKED },
  unblockUser: { summary: 'Ends a block.', answer: { user_id: { type: 'integer' } } },
  getBlocked: {
    summary: 'Lists whom the user has blocked, the newest first.',
    answer: { blocked: { type: 'array', items: object('MessengerBlocked', BLOCKED) }, next_cursor: NEXT_CURSOR },
  },
  reportMessage: {
    summary: 'Reports a message to the superusers. A copy of it is kept; its author does not learn of it.',
    answer: { report_id: { type: 'integer' } },
  },
};

/** The frame of a request: the fields of its command's payload, by their names in this protocol. */
function requestOf(name: ModeName, mode: Mode, { payload, example }: CommandDocs): FrameDocs {
  const known = (payload.properties ?? {}) as Properties;
  const required = (payload.required ?? []) as readonly string[];
  const fields = Object.entries(mode.fields);
  const needed = fields.flatMap(([field, inPayload]) => (required.includes(inPayload) ? [field] : []));
  const token = {
    type: 'string',
    description: 'An access token; without one the request belongs to the user of the connection',
  };
  const shown = fields.flatMap(([field, inPayload]) =>
    inPayload in example.payload ? [[field, example.payload[inPayload]]] : [],
  );
  const frame = {
    mode: name,
    timestamp: 1735689600,
    ...(mode.signed ? { token: TOKEN } : {}),
    ...(Object.fromEntries(shown) as object),
  };
  return {
    name: `${name}.request`,
    summary: `A request with the mode ${name}`,
    schema: {
      type: 'object',
      properties: {
        mode: { const: name },
        timestamp: {
          type: ['number', 'string', 'null'],
          description: 'Unix seconds or an ISO string; may be left out, and is not looked at',
        },
        request_id: REQUEST_ID,
        ...(mode.signed ? { token } : {}),
        ...Object.fromEntries(fields.map(([field, inPayload]) => [field, known[inPayload] ?? {}])),
      },
      required: ['mode', ...needed],
    },
    examples: [{ name: 'request', summary: ABOUT[name].summary, frame: { ...frame, request_id: 7 } }],
  };
}

const head = (mode: JsonSchema, status: JsonSchema): Properties => ({
  mode,
  timestamp: TIME,
  status: { ...status, description: 'As in HTTP (RFC 9110)' },
});

function answerOf(name: ModeName, { status = 200, fields }: Mode, { example }: CommandDocs): FrameDocs {
  const { answer, more }: About = ABOUT[name];
  const named = 'client_msg_id' in fields ? { client_msg_id: NAMES_SCHEMA.client_msg_id } : {};
  const context = { mode: name, requestId: 7, status };
  return {
    name: `${name}.answer`,
    summary: `The answer to the mode ${name}`,
    schema: {
      type: 'object',
      properties: { ...head({ const: name }, { const: status }), request_id: REQUEST_ID, ...named, ...answer, ...more },
      required: ['mode', 'timestamp', 'status', ...Object.keys(answer)],
    },
    examples: [
      { name: 'answer', summary: 'It was done', frame: parsed(messengerCodec.result(context, example.answer, EXAMPLE_PEER)) },
    ],
  };
}

/** The answer to any request that is refused, and to what is none. */
function faultOf(codes: readonly ErrorCode[]): FrameDocs {
  const statuses = [...new Set(codes.map((code) => messengerFault(new CoreError(code)).status))].sort((a, b) => a - b);
  const context = { mode: 'sendMessage', requestId: 7, status: 200 };
  return {
    name: 'fault',
    summary: 'A request that was refused, or failed, or was none',
    description: `The mode is that of the request; \`${NO_MODE}\` where the frame had none. The tenth of those within a minute ends the connection.`,
    schema: {
      type: 'object',
      properties: {
        ...head({ type: 'string', maxLength: 64 }, { type: 'integer', enum: statuses }),
        request_id: REQUEST_ID,
        client_msg_id: NAMES_SCHEMA.client_msg_id,
        error: { type: 'string', description: 'For people' },
      },
      required: ['mode', 'timestamp', 'status', 'error'],
    },
    examples: [
      {
        name: 'bad-frame',
        summary: 'No JSON',
        frame: parsed(messengerCodec.badFrame(undefined, 'Frame is not a JSON object', EXAMPLE_PEER)),
      },
      ...faultExamples(codes, (error) => parsed(messengerCodec.error(context, error, EXAMPLE_PEER))),
    ],
  };
}

function requestsOf({ commands }: DocumentedCore): RequestDocs[] {
  const names = Object.keys(MODES) as ModeName[];
  const modes = names.flatMap((name) => {
    const mode: Mode = MODES[name];
    const command = commands.find(({ fullName }) => fullName === mode.command.join('.'));
    return command ? [{ name, mode, command }] : [];
  });
  const fault = faultOf([...new Set([...modes.flatMap(({ command }) => command.errors), ...ANY_REQUEST])]);
  return modes.map(({ name, mode, command }) => ({
    name,
    summary: ABOUT[name].summary,
    access: command.access,
    request: requestOf(name, mode, command),
    answer: answerOf(name, mode, command),
    fault,
    errors: command.errors,
    ...(command.weight === undefined ? {} : { weight: command.weight }),
  }));
}

/** Of the core's events these clients are told a few. */
function eventsOf(events: readonly EventDocs[]): ToldDocs[] {
  const known = new Set<string>();
  return events.flatMap((event): ToldDocs[] => {
    const text = messengerCodec.event({ ...exampleEvent(event), isOwn: true });
    if (text === undefined) return [];
    const frame = parsed(text) as { readonly mode: string };
    // Several events may come in the same mode.
    if (known.has(frame.mode)) return [];
    known.add(frame.mode);
    const push = PUSHES[frame.mode];
    if (!push) throw new Error(`${frame.mode} is not described`);
    const { summary, fields } = push;
    const schema = {
      type: 'object',
      properties: { ...head({ const: frame.mode }, { const: 200 }), ...fields },
      required: ['mode', 'timestamp', 'status', ...Object.keys(fields)],
    };
    return [{ kind: 'event', frame: { name: frame.mode, summary, schema, examples: [{ name: 'event', summary, frame }] } }];
  });
}

const disconnect = (): ToldDocs =>
  disconnectDocs({
    closes: CLOSES,
    summary: 'The last frame of a connection: why the server closes it',
    frameOf: (notice) => parsed(messengerCodec.disconnect(notice)),
    schemaOf: ({ properties, required }) => ({
      type: 'object',
      properties: { ...head({ const: 'disconnect' }, { type: 'integer' }), ...properties },
      required: ['mode', 'timestamp', 'status', ...required],
    }),
  });

/** `/` for documents. */
export const messengerDocs: ProtocolDocs = {
  protocol: 'messenger',
  description: [
    'JSON text frames: every request has a `mode`, every answer the same `mode` with a `status` as in HTTP. Answers come in the order of the',
    'requests. Everything is done here: an account is made, and logged in to, over the socket itself. There are no commands by name.',
  ].join(' '),
  credentials: ['header', 'query', 'field'],
  refusals: [
    'not_authenticated',
    'origin_not_allowed',
    'too_many_requests',
    'method_not_allowed',
    'upgrade_required',
    'bad_handshake',
    'unavailable',
  ],
  closes: CLOSES,
  requests: requestsOf,
  told: (core) => {
    const [request] = requestsOf(core);
    return [...eventsOf(core.events), ...(request ? [{ kind: 'fault', frame: request.fault } as const] : []), disconnect()];
  },
};

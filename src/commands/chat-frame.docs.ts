import type { ErrorCode } from '../errors/catalogue.js';
import type { JsonSchema } from '../validation/fields.js';
import type { ChatContext } from './chat-frame.js';
import { ANY_REQUEST } from './command-frame.docs.js';
import { type FrameNames, NAMES_SCHEMA } from './frame-names.js';
import type { CommandDocs, DocumentedCore, FrameDocs, RequestDocs } from './protocol-docs.js';

/** How a protocol carries chat messages beside commands. */
export interface ChatStyle {
  /** What every such request begins with. */
  readonly head: Readonly<Record<string, JsonSchema>>;
  readonly headExample: object;
  /** Of Socket.IO: the event of requests. */
  readonly event?: string;
  readonly echo: Pick<FrameDocs, 'schema' | 'event'>;
  readonly sent: Pick<FrameDocs, 'schema' | 'event'>;
  readonly fault: FrameDocs;
  /** What the codec answers to a request, as documents show it. */
  readonly answer: (context: ChatContext, data: unknown) => unknown;
}

/** Of requests that need none. */
const REQUEST_ID: JsonSchema = { ...NAMES_SCHEMA.request_id, description: 'Given back with the answer' };
/** The names in examples. */
const NAMES: FrameNames = { client_msg_id: 'm1' };

/** What an echo, or any request that runs no command of its own, may be refused with. */
export const ECHO_ERRORS: readonly ErrorCode[] = ['invalid_input', ...ANY_REQUEST.filter((code) => code !== 'internal')];

/** A message to be echoed, and one to be said in a chat. */
export function chatRequests({ commands }: DocumentedCore, style: ChatStyle): RequestDocs[] {
  const send = commands.find(({ fullName }) => fullName === 'chat.send');
  return [echoOf(style), ...(send ? [sentOf(send, style)] : [])];
}

function echoOf({ head, headExample, event, echo, fault, answer }: ChatStyle): RequestDocs {
  const message = 'Hello!';
  return {
    name: 'chat.echo',
    summary: 'Sends a message back. Nobody else receives it.',
    access: 'anonymous',
    request: {
      name: 'chat.echo.request',
      summary: 'A message without a chat',
      ...(event ? { event } : {}),
      schema: {
        type: 'object',
        properties: {
          ...head,
          message: { type: 'string' },
          chat_id: { type: 'null', description: 'Left out, or null' },
          request_id: REQUEST_ID,
        },
        required: [...Object.keys(head), 'message'],
      },
      examples: [{ name: 'request', summary: 'To be given back', frame: { ...headExample, message } }],
    },
    answer: {
      name: 'chat.echo.answer',
      summary: 'The message, given back',
      ...echo,
      examples: [{ name: 'answer', summary: 'As it was sent', frame: answer({ kind: 'echo', message, names: {} }, null) }],
    },
    fault,
    errors: ECHO_ERRORS,
  };
}

function sentOf(send: CommandDocs, { head, headExample, event, sent, fault, answer }: ChatStyle): RequestDocs {
  const fields = (send.payload.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
  const { chat_id = {}, content = {}, client_msg_id = {} } = fields;
  const example = send.example.payload;
  return {
    name: 'chat.say',
    summary: 'Says something in a chat, as chat.send does. The answer means that it is stored.',
    access: send.access,
    request: {
      name: 'chat.say.request',
      summary: 'A message with a chat',
      ...(event ? { event } : {}),
      schema: {
        type: 'object',
        properties: { ...head, chat_id, message: content, client_msg_id, request_id: REQUEST_ID },
        required: [...Object.keys(head), 'chat_id', 'message'],
      },
      examples: [
        {
          name: 'request',
          summary: 'To be said in a chat',
          frame: { ...headExample, chat_id: example.chat_id, message: example.content, ...NAMES },
        },
      ],
    },
    answer: {
      name: 'chat.say.answer',
      summary: 'The message is stored',
      ...sent,
      examples: [{ name: 'answer', summary: 'It is stored', frame: answer({ kind: 'sent', names: NAMES }, send.example.answer) }],
    },
    fault,
    errors: send.errors,
  };
}

/** What the sender of a stored message learns: `sentData`. */
export const SENT_DATA: JsonSchema = {
  type: 'object',
  properties: {
    chat_id: { type: 'integer' },
    seq: { type: 'integer' },
    id: { type: 'integer' },
    created_at: { type: 'string', format: 'date-time' },
    duplicate: { type: 'boolean', description: 'It had been stored before, under the same client_msg_id' },
  },
  required: ['chat_id', 'seq', 'id', 'created_at', 'duplicate'],
};

/** The same with the names of the frame. */
export const NAMED_SENT_DATA: JsonSchema = {
  ...SENT_DATA,
  properties: { ...(SENT_DATA.properties as Readonly<Record<string, JsonSchema>>), ...NAMES_SCHEMA },
};

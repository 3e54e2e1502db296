import { CoreError, type ErrorCode, invalidInput } from '../errors/catalogue.js';
import type { Codec } from '../realtime/codec.js';
import type { JsonSchema } from '../validation/fields.js';
import { MISSING } from '../validation/fields.js';
import { commandFault, FRAME_VERSION, MAX_REQUEST_ID } from './command-frame.js';
import {
  type CommandDocs,
  EXAMPLE_PEER,
  type FrameDocs,
  type FrameExample,
  type NoticeFrame,
  type RequestDocs,
} from './protocol-docs.js';

/** What may go wrong with any request of any protocol. */
export const ANY_REQUEST: readonly ErrorCode[] = ['too_many_requests', 'unavailable', 'internal'];

/** How a protocol carries the command frame. */
export interface CommandStyle<Frame, Context> {
  readonly codec: Codec<Frame, never, Context>;
  readonly contextOf: (requestId: string) => Context;
  /** A frame of the codec, as documents show it. */
  readonly shown: (frame: Frame) => unknown;
  /** The fields of a request that may be left out. */
  readonly optional?: readonly string[];
  /** Of Socket.IO: the events that carry requests and answers. */
  readonly events?: { readonly request: string; readonly answer: string };
}

const REQUEST_ID: JsonSchema = {
  type: 'string',
  maxLength: MAX_REQUEST_ID,
  description: 'Chosen by the client; its answer bears it',
};
export const VERSION: JsonSchema = { const: FRAME_VERSION };

/** The frame `disconnect` of protocols whose frames bear a type and a version. */
export const disconnectFrame: NoticeFrame = ({ properties, required }) => ({
  type: 'object',
  properties: { type: { const: 'disconnect' }, v: VERSION, ...properties },
  required: ['type', 'v', ...required],
});

/** The requests of all commands that clients may ask for. */
export function commandRequests<Frame, Context>(
  commands: readonly CommandDocs[],
  style: CommandStyle<Frame, Context>,
): RequestDocs[] {
  const known = commands.filter(({ isInternal }) => !isInternal);
  const fault = faultOf(codesOf(known), style);
  return known.map((command) => ({
    name: command.fullName,
    summary: command.summary,
    access: command.access,
    request: requestOf(command, style),
    answer: answerOf(command, style),
    fault,
    errors: command.errors,
    ...(command.weight === undefined ? {} : { weight: command.weight }),
  }));
}

const codesOf = (commands: readonly CommandDocs[]): ErrorCode[] => [
  ...new Set<ErrorCode>(['unknown_command', ...commands.flatMap(({ errors }) => errors), ...ANY_REQUEST]),
];

function requestOf<Frame, Context>(command: CommandDocs, { optional = [], events }: CommandStyle<Frame, Context>): FrameDocs {
  const { domain, name, fullName, payload, isPayloadOptional, example, summary } = command;
  const properties = {
    type: { const: 'command' },
    v: VERSION,
    request_id: REQUEST_ID,
    domain: { const: domain },
    command: { const: name },
    payload,
  };
  const left = new Set<string>([...optional, ...(isPayloadOptional ? ['payload'] : [])]);
  const whole = { type: 'command', v: FRAME_VERSION, request_id: 'r1', domain, command: name, payload: example.payload };
  const frame = Object.fromEntries(Object.entries(whole).filter(([key]) => !optional.includes(key)));
  return {
    name: `${fullName}.request`,
    summary: `Runs ${fullName}`,
    ...(events ? { event: events.request } : {}),
    schema: { type: 'object', properties, required: Object.keys(properties).filter((key) => !left.has(key)) },
    examples: [{ name: 'request', summary, frame }],
  };
}

function answerOf<Frame, Context>(
  { fullName, answer, example }: CommandDocs,
  { codec, contextOf, shown, events }: CommandStyle<Frame, Context>,
): FrameDocs {
  const properties = {
    type: { const: 'response' },
    v: VERSION,
    request_id: REQUEST_ID,
    success: { const: true },
    data: answer,
  };
  const frame = shown(codec.result(contextOf('r1'), example.answer, EXAMPLE_PEER));
  return {
    name: `${fullName}.answer`,
    summary: `The answer of ${fullName}`,
    ...(events ? { event: events.answer } : {}),
    schema: { type: 'object', properties, required: Object.keys(properties) },
    examples: [{ name: 'answer', summary: 'It was done', frame }],
  };
}

function faultOf<Frame, Context>(
  codes: readonly ErrorCode[],
  { codec, contextOf, shown, events }: CommandStyle<Frame, Context>,
): FrameDocs {
  return {
    name: 'command.fault',
    summary: 'A command that was refused, or failed',
    ...(events ? { event: events.answer } : {}),
    schema: {
      type: 'object',
      properties: {
        type: { const: 'response' },
        v: VERSION,
        request_id: REQUEST_ID,
        success: { const: false },
        ...faultProperties(codes),
      },
      required: ['type', 'v', 'request_id', 'success', 'code', 'detail'],
    },
    examples: faultExamples(codes, (error) => shown(codec.error(contextOf('r1'), error, EXAMPLE_PEER))),
  };
}

/** What says why a request was refused, in the words that all transports of commands share. */
export const faultProperties = (codes: readonly ErrorCode[]): Readonly<Record<string, JsonSchema>> => ({
  code: {
    type: 'string',
    enum: [...new Set(codes.map((code) => commandFault(new CoreError(code)).code))],
    description: 'For programs',
  },
  detail: { type: 'string', description: 'For people' },
  errors: {
    type: 'array',
    description: 'With `invalid_payload`: every fault of the payload',
    items: {
      type: 'object',
      properties: {
        loc: { type: 'array', items: { type: ['string', 'integer'] }, description: 'Where' },
        msg: { type: 'string', description: 'For people' },
        type: { type: 'string', description: 'For programs' },
      },
      required: ['loc', 'msg', 'type'],
    },
  },
  retry_after: { type: 'integer', description: 'Seconds after which to try again' },
});

/** Each error once, as a codec words it. */
export function faultExamples(
  codes: readonly ErrorCode[],
  frameOf: (error: CoreError) => unknown,
  field = 'chat_id',
): FrameExample[] {
  return codes.map((code) => {
    const error = code === 'invalid_input' ? invalidInput({ loc: ['payload', field], ...MISSING }) : new CoreError(code);
    return { name: code, summary: REASONS[code] ?? error.message, frame: frameOf(error) };
  });
}

/** When requests of sockets meet the errors of the catalogue. */
export const REASONS: Partial<Record<ErrorCode, string>> = {
  invalid_input: 'A field is missing or wrong',
  wrong_credentials: 'No such user, or another password',
  not_authenticated: 'It needs an account, or the credentials are not good',
  forbidden: 'The account may not do this',
  not_found: 'There is no such thing, or not for this account',
  unknown_command: 'There is no such command',
  conflict: 'It does not go with what is there',
  taken: 'The name or the e-mail address belongs to another account',
  too_many_requests: 'Over a limit',
  unavailable: 'The server cannot do it now',
  internal: 'A fault of the server, which its log explains',
};

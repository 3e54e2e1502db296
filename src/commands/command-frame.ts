import { CoreError, type ErrorCode } from '../errors/catalogue.js';
import { sentenceOf } from '../errors/wording.js';
import type { CommandFrame, Decoded } from '../realtime/codec.js';
import { lengthOf } from '../validation/fields.js';
import { type FrameName, namesOf } from './frame-names.js';

/** The version of the command frame. */
export const FRAME_VERSION = 1;
export const MAX_REQUEST_ID = 128;

/** The codes of failed commands, the same on every transport that speaks the command frame. */
const CODES: Partial<Record<ErrorCode, string>> = {
  malformed: 'bad_frame',
  invalid_input: 'invalid_payload',
  wrong_credentials: 'not_authenticated',
  bad_refresh_token: 'not_authenticated',
  bad_recovery_token: 'invalid_payload',
  taken: 'conflict',
  registration_closed: 'forbidden',
  too_large: 'invalid_payload',
  unsupported_media_type: 'bad_frame',
  method_not_allowed: 'bad_frame',
};

export interface CommandContext {
  /** A number only of frames that are refused for it. */
  readonly requestId: FrameName;
}

/** What a failed command answers, beside its request id. */
export interface CommandFault {
  readonly code: string;
  readonly detail: string;
  readonly errors?: CoreError['issues'];
  readonly retry_after?: number;
}

export function commandFault(error: CoreError): CommandFault {
  const isInvalid = error.code === 'invalid_input';
  return {
    code: CODES[error.code] ?? error.code,
    detail: isInvalid ? sentenceOf(error.issues) : error.message,
    ...(isInvalid ? { errors: error.issues } : {}),
    ...(error.retryAfterSec === undefined ? {} : { retry_after: error.retryAfterSec }),
  };
}

const bad = (detail: string, requestId?: FrameName): Decoded<CommandContext> =>
  requestId === undefined ? { kind: 'bad', detail } : { kind: 'bad', detail, context: { requestId } };

/** Reads the command frame: `{type: "command", v: 1, request_id, domain, command, payload}`. */
export function decodeCommand(frame: Readonly<Record<string, unknown>>): CommandFrame<CommandContext> | Decoded<CommandContext> {
  const { type, v, request_id: requestId, domain, command, payload } = frame;
  if (typeof requestId !== 'string' || lengthOf(requestId) > MAX_REQUEST_ID || !requestId.isWellFormed()) {
    return bad(`request_id must be a string of at most ${MAX_REQUEST_ID} characters`, namesOf(frame).request_id);
  }
  if (type !== 'command') return bad('type must be "command"', requestId);
  if (v !== FRAME_VERSION) return bad(`v must be ${FRAME_VERSION}`, requestId);
  const context = { requestId };
  if (typeof domain !== 'string' || typeof command !== 'string') {
    return {
      kind: 'refused',
      context,
      error: new CoreError('unknown_command', { detail: 'domain and command must be strings' }),
    };
  }
  return { kind: 'command', domain, name: command, payload: payload ?? {}, context };
}

export interface ResponseFrame {
  readonly type: 'response';
  readonly v: typeof FRAME_VERSION;
  readonly request_id: FrameName;
}

/** `{type: "response", …, success: true, data}` */
export function responseFrame({ requestId }: CommandContext, data: unknown): ResponseFrame & { success: true; data: unknown } {
  return { type: 'response', v: FRAME_VERSION, request_id: requestId, success: true, data: data ?? {} };
}

/** `{type: "response", …, success: false, code, detail}` */
export function faultFrame({ requestId }: CommandContext, error: CoreError): ResponseFrame & { success: false } & CommandFault {
  return { type: 'response', v: FRAME_VERSION, request_id: requestId, success: false, ...commandFault(error) };
}

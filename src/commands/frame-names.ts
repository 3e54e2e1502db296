import type { JsonSchema } from '../validation/fields.js';
import { lengthOf } from '../validation/fields.js';

/** Longer names are not given back: an answer must not grow with what a client makes up. */
const MAX_NAME = 128;

/** A name that a client gave something: text, or a number. */
export type FrameName = string | number;

/** What a client calls a frame. Its answer carries the same names, so that the client knows what was answered. */
export interface FrameNames {
  readonly request_id?: FrameName;
  readonly client_msg_id?: FrameName;
}

/** The value as a name; undefined if it cannot be one. */
function nameOf(value: unknown): FrameName | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  return typeof value === 'string' && lengthOf(value) <= MAX_NAME && value.isWellFormed() ? value : undefined;
}

/** The names in a frame, whatever else is wrong with it. */
export function namesOf({ request_id, client_msg_id }: Readonly<Record<string, unknown>>): FrameNames {
  const [requestId, clientMsgId] = [nameOf(request_id), nameOf(client_msg_id)];
  return {
    ...(requestId === undefined ? {} : { request_id: requestId }),
    ...(clientMsgId === undefined ? {} : { client_msg_id: clientMsgId }),
  };
}

const NAME: JsonSchema = { type: ['string', 'integer'] };

/** Of answers that carry the names of their frame. */
export const NAMES_SCHEMA = {
  request_id: { ...NAME, description: 'That of the frame, if it had one' },
  client_msg_id: { ...NAME, description: 'That of the frame, if it had one' },
} as const satisfies Readonly<Record<string, JsonSchema>>;

import type { CoreError } from '../../errors/catalogue.js';
import { type ErrorTable, sentenceOf, wordingOf } from '../../errors/wording.js';
import type { HttpErrorFormat } from '../../http/error-formats.js';

const MESSENGER_ERRORS: ErrorTable = {
  malformed: [400, 'Frame is not valid'],
  invalid_input: [400, 'Invalid input'],
  wrong_credentials: [401, 'Invalid username or password'],
  not_authenticated: [401, 'Not authenticated'],
  forbidden: [403, 'Not enough permissions'],
  not_found: [404, 'Resource not found'],
  taken: [409, 'User with this username or email already exists.'],
  too_many_requests: [429, 'Too many requests'],
  unavailable: [503, 'Service unavailable'],
  internal: [500, 'Internal server error'],
};

/** The `status` and `error` of a frame that tells of a failed request. */
export function messengerFault(error: CoreError): { status: number; error: string } {
  const { status, text } = wordingOf(MESSENGER_ERRORS, error);
  return { status, error: error.code === 'invalid_input' ? sentenceOf(error.issues) : text };
}

/** The `mode` of a frame that answers no request. */
export const NO_MODE = 'error';

/** Unix seconds, with milliseconds. */
export const timestamp = (): number => Date.now() / 1000;

/** For upgrades that are refused, which have no mode yet: this protocol has no other HTTP. */
export const messengerErrorFormat: HttpErrorFormat = {
  status: (error) => messengerFault(error).status,
  body: (error) => ({ mode: NO_MODE, timestamp: timestamp(), ...messengerFault(error) }),
};

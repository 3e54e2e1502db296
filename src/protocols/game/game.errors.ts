import type { CoreError } from '../../errors/catalogue.js';
import { type ErrorTable, sentenceOf, wordingOf } from '../../errors/wording.js';
import type { HttpErrorFormat } from '../../http/error-formats.js';

const GAME_ERRORS: ErrorTable = {
  malformed: [400, 'Request body is not valid JSON.'],
  wrong_credentials: [401, 'Invalid username or password.'],
  bad_refresh_token: [401, 'Refresh token is invalid or has expired.'],
  not_authenticated: [401, 'Not authenticated'],
  forbidden: [403, 'Not enough permissions'],
  not_found: [404, 'Resource not found'],
  taken: [409, 'User with this username or email already exists.'],
  too_many_requests: [429, 'Too many requests'],
  unavailable: [503, 'Service unavailable'],
  internal: [500, 'Internal server error'],
};

/** `{"success": false, "detail": "…"}`; the detail of invalid input is one sentence that names the field. */
export const gameErrorFormat: HttpErrorFormat = {
  status: (error: CoreError) => (error.code === 'invalid_input' ? 400 : wordingOf(GAME_ERRORS, error).status),
  body: (error: CoreError) => ({
    success: false,
    detail: error.code === 'invalid_input' ? sentenceOf(error.issues) : wordingOf(GAME_ERRORS, error).text,
  }),
};

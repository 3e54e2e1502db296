import { type ErrorTable, wordingOf } from '../../errors/wording.js';
import type { HttpErrorFormat } from '../../http/error-formats.js';

const REST_ERRORS: ErrorTable = {
  malformed: [400, 'Invalid request parameters'],
  wrong_credentials: [401, 'Invalid username or password'],
  bad_refresh_token: [401, 'Refresh token is invalid or has expired.'],
  not_authenticated: [401, 'Not authenticated'],
  forbidden: [403, 'Not enough permissions'],
  not_found: [404, 'Resource not found'],
  taken: [400, 'User with this username or email already exists.'],
  too_many_requests: [429, 'Too many requests'],
  unavailable: [503, 'Service unavailable'],
  internal: [500, 'Internal server error'],
};

/** FastAPI's: `{"detail": "…"}`, and for invalid input the list of all faults. */
export const restErrorFormat: HttpErrorFormat = {
  status: (error) => wordingOf(REST_ERRORS, error).status,
  body: (error) => ({ detail: error.code === 'invalid_input' ? error.issues : wordingOf(REST_ERRORS, error).text }),
  // RFC 6750 §3: a request for a protected resource that lacks credentials learns what to bring.
  headers: (error): Record<string, string> =>
    wordingOf(REST_ERRORS, error).status === 401 ? { 'www-authenticate': 'Bearer' } : {},
};

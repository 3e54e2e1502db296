import { type ErrorTable, wordingOf } from '../../errors/wording.js';
import type { HttpErrorFormat } from '../../http/error-formats.js';

const MCP_ERRORS: ErrorTable = {
  malformed: [400, 'Bad Request'],
  invalid_input: [400, 'Bad Request'],
  wrong_credentials: [401, 'Unauthorized'],
  not_authenticated: [401, 'Unauthorized'],
  forbidden: [403, 'Forbidden'],
  not_found: [404, 'Not Found'],
  method_not_allowed: [405, 'Method Not Allowed'],
  taken: [409, 'Conflict'],
  registration_closed: [403, 'Forbidden'],
  too_large: [413, 'Content Too Large'],
  unsupported_media_type: [415, 'Unsupported Media Type'],
  too_many_requests: [429, 'Too Many Requests'],
  unavailable: [503, 'Service Unavailable'],
  internal: [500, 'Internal Server Error'],
};

/** `{"error": "<the status in words>"}` */
export const mcpErrorFormat: HttpErrorFormat = {
  status: (error) => wordingOf(MCP_ERRORS, error).status,
  body: (error) => ({ error: wordingOf(MCP_ERRORS, error).text }),
};

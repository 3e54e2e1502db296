import { wordingOf } from '../../errors/wording.js';
import type { HttpErrorFormat } from '../../http/error-formats.js';

/** For requests to `/socket.io/` that are refused before Engine.IO sees them. */
export const socketIoErrorFormat: HttpErrorFormat = {
  status: (error) => wordingOf({}, error).status,
  body: (error) => ({ code: error.code, message: wordingOf({}, error).text }),
};

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What a client's id may look like: nothing that means something to a log, a shell, a header or a page. */
const SAFE_ID = /^[\w.:=+/@-]{1,128}$/;

/** A request's id: the client's `X-Request-Id` where it is harmless, else a new one. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SAFE_ID.test(given) ? given : randomUUID();
}

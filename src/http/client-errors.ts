import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { answerRaw } from './raw-answer.js';

/** What is refused before there is a request that could be routed: how it is said, and which status it is. */
const ANSWERS: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request header fields are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request took too long'],
  UNKNOWN_CODING: [501, 'Transfer coding is not supported'],
};

/**
 * What is wrong with a request that Node's parser lets pass although a proxy before us may read it in another way; undefined where
 * nothing is.
 * - RFC 9112 §3.2 wants exactly one `Host` (HTTP/1.0 none at all): Node keeps the first of several and says nothing.
 * - RFC 9112 §6.1: no other transfer coding than `chunked`, and that once. Node looks at the last one only. What a coding before
 *   it would have made of the body nobody here knows. HTTP/1.0 has no transfer codings at all.
 */
export function framingFault({ rawHeaders, httpVersion }: IncomingMessage): (Error & { code?: string }) | undefined {
  const hosts = valuesOf(rawHeaders, HOST).length;
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) return new Error('Not exactly one Host header');
  const codings = valuesOf(rawHeaders, CODING).flatMap((value) => value.split(','));
  if (codings.some((coding) => coding.trim().toLowerCase() !== 'chunked'))
    return Object.assign(new Error('Unknown transfer coding'), { code: 'UNKNOWN_CODING' });
  const most = httpVersion === '1.0' ? 0 : 1;
  return codings.length > most ? new Error('Transfer coding where none may be') : undefined;
}

/** The values of every header of a name. Few names have its length, so that few have to be compared. */
function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const found = rawHeaders[i];
    if (found?.length === name.length && found.toLowerCase() === name) values.push(rawHeaders[i + 1] ?? '');
  }
  return values;
}

const HOST = 'host';
const CODING = 'transfer-encoding';

/** Answers what is not even HTTP, in plain JSON, and ends the connection (RFC 9112 §9.6: its framing cannot be trusted any more). */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, detail] = ANSWERS[error.code ?? ''] ?? [400, 'Invalid request parameters'];
  answerRaw(socket, status, { detail });
}

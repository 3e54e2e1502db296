import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { DEFAULT_HEADERS } from './default-headers.js';

/** What answers carry that are not made by the router: JSON, after which the connection ends. */
export function lastHeaders(body: string): Record<string, string> {
  return {
    ...DEFAULT_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': randomUUID(),
    connection: 'close',
  };
}

/** Answers on a connection that no HTTP server answers on any more, and ends it. */
export function answerRaw(socket: Duplex, status: number, value: object, headers: Readonly<Record<string, string>> = {}): void {
  if (socket.destroyed) return;
  const body = JSON.stringify(value);
  const lines = Object.entries({ ...lastHeaders(body), ...headers }).map(([name, text]) => `${name}: ${text}\r\n`);
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
}

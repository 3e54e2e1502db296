import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { CoreError } from '../../errors/catalogue.js';
import { type HttpErrorFormat, httpAnswer } from '../../http/error-formats.js';

function refusal(format: HttpErrorFormat, error: CoreError): { status: number; headers: Record<string, string>; body: string } {
  const answer = httpAnswer(format, error);
  const body = JSON.stringify(answer.body);
  return {
    status: answer.status,
    headers: {
      ...answer.headers,
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': randomUUID(),
      connection: 'close',
    },
    body,
  };
}

/** Answers an upgrade request that is not granted, in the protocol's own words, and ends the connection. */
export function refuseUpgrade(socket: Duplex, format: HttpErrorFormat, error: CoreError): void {
  if (socket.destroyed) return;
  const { status, headers, body } = refusal(format, error);
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head.join('')}\r\n${body}`);
}

/** The same for a plain request that never reaches the router. */
export function refuseRequest(
  request: IncomingMessage,
  response: ServerResponse,
  format: HttpErrorFormat,
  error: CoreError,
): void {
  const { status, headers, body } = refusal(format, error);
  request.resume();
  response.writeHead(status, headers).end(body);
}

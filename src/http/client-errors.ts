import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';

/** What Node's HTTP parser refuses before there is a request: how it is said, and which status it is. */
const ANSWERS: Readonly<Record<string, readonly [status: string, detail: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'Request header fields are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'Request took too long'],
};

/** Answers what is not even HTTP, in plain JSON, and ends the connection (RFC 9112 §9.6: its framing cannot be trusted any more). */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, detail] = ANSWERS[error.code ?? ''] ?? ['400 Bad Request', 'Invalid request parameters'];
  const body = JSON.stringify({ detail });
  const headers = `content-type: application/json; charset=utf-8\r\ncontent-length: ${body.length}\r\nx-request-id: ${randomUUID()}\r\nx-content-type-options: nosniff\r\nconnection: close`;
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`);
}

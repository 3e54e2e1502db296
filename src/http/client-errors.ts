import type { Socket } from 'node:net';
import { answerRaw } from './raw-answer.js';

/** What is refused before there is a request that could be routed: how it is said, and which status it is. */
const ANSWERS: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request header fields are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request took too long'],
  UNKNOWN_CODING: [501, 'Transfer coding is not supported'],
  UNKNOWN_METHOD: [501, 'Method is not implemented'],
  HTTP_VERSION: [505, 'HTTP version is not supported'],
  EXPECTATION: [417, 'Expectation cannot be met'],
};

/** Of Node's parser, or a fault of a request that it accepted. */
type ClientError = Error & { readonly code?: string; readonly rawPacket?: unknown; readonly bytesParsed?: number };

/**
 * What the parser stumbled over, if that has a status of its own: a method or version that it does not know, in a line that is otherwise a
 * request line. Anything else, such as a TLS hello, is no HTTP.
 */
function codeOf({ code = '', rawPacket, bytesParsed = 0 }: ClientError): string {
  if (!code.startsWith('HPE_') || !Buffer.isBuffer(rawPacket)) return code;
  // The parser reads on beyond this one.
  if (rawPacket.toString('latin1', 0, H2_PREFACE.length) === H2_PREFACE) return 'HTTP_VERSION';
  const start = rawPacket.lastIndexOf('\n', Math.max(bytesParsed - 1, 0)) + 1;
  const line = rawPacket.toString('latin1', start, start + MAX_LINE);
  const version = REQUEST_LINE.exec(line)?.[1];
  if (version === undefined) return code;
  if (!/^1\.[01]$/.test(version)) return 'HTTP_VERSION';
  return code === 'HPE_INVALID_METHOD' ? 'UNKNOWN_METHOD' : code;
}

/** RFC 9113 §3.4. */
const H2_PREFACE = 'PRI * HTTP/2.0\r\n';
/** RFC 9112 §3. */
const REQUEST_LINE = /^[\w!#$%&'*+.^`|~-]+ [\x21-\x7e]+ HTTP\/(\d\.\d)\r?\n/;
const MAX_LINE = 4096;

/** Answers what is not even HTTP, in plain JSON, and ends the connection (RFC 9112 §9.6: its framing cannot be trusted any more). */
export function answerClientError(error: ClientError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, detail] = ANSWERS[codeOf(error)] ?? [400, 'Invalid request parameters'];
  answerRaw(socket, status, { detail });
}

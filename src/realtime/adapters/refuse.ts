import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { CoreError } from '../../errors/catalogue.js';
import { challengeOf, tokenOfHandshake } from '../../http/bearer.js';
import { type HttpErrorFormat, httpAnswer } from '../../http/error-formats.js';
import { answerRaw, lastHeaders } from '../../http/raw-answer.js';
import { queryOf } from '../../http/urlencoded.js';

/** Answers an upgrade request that is not granted, in the protocol's own words, and ends the connection. */
export function refuseUpgrade(request: IncomingMessage, socket: Duplex, format: HttpErrorFormat, error: CoreError): void {
  const { status, headers, body } = httpAnswer(format, error);
  const token = tokenOfHandshake({ headers: request.headers, query: queryOf(request.url ?? '') });
  answerRaw(socket, status, body, { ...headers, ...challengeOf(error, status, token) });
}

/** The same for a plain request that never reaches the router. */
export function refuseRequest(
  request: IncomingMessage,
  response: ServerResponse,
  format: HttpErrorFormat,
  error: CoreError,
): void {
  const answer = httpAnswer(format, error);
  const body = JSON.stringify(answer.body);
  request.resume();
  response.writeHead(answer.status, { ...lastHeaders(body), ...answer.headers }).end(body);
}

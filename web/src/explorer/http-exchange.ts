import { BASE } from '../session/base.js';
import { httpText } from './wires.js';
import type { Json } from './wire.js';

export interface HttpRequest {
  readonly method: string;
  /** Of this server only. */
  readonly path: string;
  /** undefined for a request without one. */
  readonly body: Json | undefined;
  readonly token: string | null;
}

export interface HttpAnswer {
  readonly status: number;
  /** As it came. */
  readonly text: string;
  /** undefined where it is no JSON. */
  readonly json: unknown;
}

/** A request to this server, with no cookie of the page: what the explorer does must not touch who is signed in here. */
export async function exchange({ method, path, body, token }: HttpRequest): Promise<HttpAnswer> {
  const response = await fetch(BASE + path, {
    method,
    credentials: 'omit',
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const FIRST_LINE = /^\s*(GET|POST|PUT|PATCH|DELETE)\s+(\/\S*)[ \t]*(?:\r?\n|$)/;

/**
 * Reads a request as people write it: `POST /path`, and below it the body.
 * @returns undefined where it is none, or would leave this server
 */
export function readHttp(text: string): Pick<HttpRequest, 'method' | 'path' | 'body'> | undefined {
  const [head = '', method = '', path = ''] = FIRST_LINE.exec(text) ?? [];
  if (method === '' || path.startsWith('//') || path.includes('\\')) return undefined;
  const rest = text.slice(head.length).trim();
  if (rest === '') return { method, path, body: undefined };
  const body = parsed(rest);
  return body === undefined || method === 'GET' ? undefined : { method, path, body: body as Json };
}

/** A request as the log shows it. */
export const requestText = ({ method, path, body }: Pick<HttpRequest, 'method' | 'path' | 'body'>): string =>
  httpText(method, path, body);

/** An answer as the log shows it. */
export const answerText = ({ status, text }: HttpAnswer): string => (text === '' ? `${status}` : `${status}\n${text}`);

/** Bytes of a body, in UTF-8. */
export const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

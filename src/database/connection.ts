import { types } from 'pg';
import type { DatabaseClientConfig, SessionSettings } from './database-client.js';
import { readDatabaseUrl } from './database-url.js';

/** Milliseconds that an attempt to connect may take. */
const CONNECT_MS = 1_800;

const INT8 = 20;
const INT8_ARRAY = 1016;

/** `bigint` as a number. A value that a number cannot hold is an error, never a neighbour of the value. */
function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is beyond what a number holds exactly`);
  return value;
}

// The declarations of `pg` know only some type numbers, and call every value `any`.
const parserOf = types.getTypeParser as (oid: number, format?: 'text' | 'binary') => (text: string) => unknown;
const parseTexts = parserOf(INT8_ARRAY) as (text: string) => (string | null)[];
const parseInt8Array = (text: string): (number | null)[] =>
  parseTexts(text).map((element) => (element === null ? null : parseInt8(element)));

function typeParserOf(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  if (format === 'binary') return parserOf(oid, format);
  if (oid === INT8) return parseInt8;
  return oid === INT8_ARRAY ? parseInt8Array : parserOf(oid, format);
}

/**
 * What every connection of ours has in common, pooled or not.
 * @param session what its session is set to besides
 * @throws DatabaseStartError where a file that the URL names cannot be read
 */
export function connectionConfig(url: string, applicationName = 'switchboard', session: SessionSettings = {}) {
  const address = readDatabaseUrl(url);
  return {
    ...address,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    session: { ...sessionOf(address.options), ...session },
    types: { getTypeParser: typeParserOf },
  } satisfies DatabaseClientConfig;
}

/** An answer to a client means committed, whatever the server's own default is. What `?options=` says is checked at the start. */
const sessionOf = (options = ''): SessionSettings => ({
  ...(!/synchronous_commit/i.test(options) && { synchronous_commit: 'on' }),
  timezone: 'UTC',
});

/** Where a database is, without its password. A socket of this machine is shown by its folder. */
export function placeOf(url: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url.replace('@/', '@localhost/'));
  const host = searchParams.get('host') ?? (decodeURIComponent(hostname) || 'localhost');
  return host.startsWith('/') ? `${host}${pathname}` : `${host}:${port || '5432'}${pathname}`;
}

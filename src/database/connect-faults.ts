import { coreErrorOf } from '../errors/core-error-of.js';
import { codeOf, reasonOf } from '../errors/thrown.js';
import { placeOf } from './connection.js';
import { DatabaseStartError } from './start-error.js';

/** PgBouncer says everything of its own with the code 08P01; this is what passes by itself. */
const POOLER_WAITS = /connect|query_wait_timeout|max_client_conn|more connections|shutting down|paused|server/i;

/** Whether a database that did not let us in may do so a moment later. */
export function mayPass(thrown: unknown): boolean {
  if (codeOf(thrown) === '08P01') return POOLER_WAITS.test(reasonOf(thrown));
  return coreErrorOf(thrown).code === 'unavailable';
}

const UNTRUSTED = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_UNTRUSTED)$/;
const POOLER =
  'a pooler stands before the database, and Switchboard needs sessions of its own: connect directly, or through a pooler in session mode, without parameters that it refuses';

/** What to do about a database that does not let us in, for what people meet; undefined for the rest. */
export function remedyOf(thrown: unknown): string | undefined {
  const [code, reason] = [codeOf(thrown), reasonOf(thrown)];
  if (UNTRUSTED.test(code)) {
    return "add sslrootcert=FILE with your host's CA certificate to DATABASE_URL (or name the file in NODE_EXTRA_CA_CERTS), or take sslmode=require, which encrypts without checking who answers";
  }
  if (code === 'CERT_HAS_EXPIRED') return 'renew the certificate of the database server';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return 'connect by a name that the certificate has, or take sslmode=verify-ca with sslrootcert=FILE, which checks the authority and not the name';
  }
  if (/does not support SSL/i.test(reason)) {
    return 'switch TLS on there (ssl = on), or, in a network that you trust, write sslmode=disable in DATABASE_URL';
  }
  if (code === '28000' && /no encryption|SSL off/i.test(reason)) return 'it wants TLS: add sslmode=require to DATABASE_URL';
  if (code === '28000' && /certificate/i.test(reason)) return 'add sslcert=FILE and sslkey=FILE to DATABASE_URL';
  if (code === '28P01') return 'mend the user name or the password in DATABASE_URL';
  if (code === '3D000') return "create that database (CREATE DATABASE … ENCODING 'UTF8'), or mend its name in DATABASE_URL";
  return code === '08P01' ? POOLER : undefined;
}

/** One line of a database that cannot be had: which one, why, and what to do. Never with the password. */
export function refusedBy(url: string, thrown: unknown): DatabaseStartError {
  if (thrown instanceof DatabaseStartError) return thrown;
  const verb = mayPass(thrown) ? 'does not answer' : 'refuses';
  const remedy = remedyOf(thrown);
  const line = `The database at ${placeOf(url)} ${verb}: ${reasonOf(thrown)}${remedy === undefined ? '' : `; ${remedy}`}`;
  return new DatabaseStartError(line, { cause: thrown });
}

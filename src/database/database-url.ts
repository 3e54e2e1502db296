import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import { reasonOf } from '../errors/thrown.js';
import { DatabaseStartError } from './start-error.js';

/** How a connection is encrypted, in libpq's words; `no-verify` is the driver's own, for `require` without a certificate. */
type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'no-verify' | 'verify-ca' | 'verify-full';

/** What DATABASE_URL says of a connection. */
export interface DatabaseAddress extends ClientConfig {
  /** Whether to encrypt only if the server offers it (`sslmode=prefer`). */
  readonly asksForTls: boolean;
}

/** The environment as far as libpq reads it, too: only where the URL says nothing. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a URL as PostgreSQL's own tools read it. The driver's own reading differs where it matters: to it `sslmode=require` means a
 * certificate that Node trusts.
 * @throws DatabaseStartError where a file that the URL names cannot be read
 */
export function readDatabaseUrl(text: string, environment: Environment = process.env): DatabaseAddress {
  const url = parse(text);
  const given: Given = (name) => url.searchParams.get(name) ?? undefined;
  const host = (given('host') ?? decodeURIComponent(url.hostname).replace(/^\[(.+)\]$/, '$1')) || undefined;
  const port = given('port') ?? url.port;
  // There is no TLS over a socket of this machine, whatever is asked.
  const isSocket = (host ?? environment['PGHOST'] ?? '').startsWith('/');
  return {
    ...(host !== undefined && { host }),
    ...(port !== '' && { port: Number(port) }),
    ...present('user', given('user') ?? decodeURIComponent(url.username)),
    ...present('password', given('password') ?? decodeURIComponent(url.password)),
    ...present('database', given('dbname') ?? decodeURIComponent(url.pathname.slice(1))),
    ...present('options', given('options')),
    ...(isSocket ? PLAIN : encryptionOf(given, environment)),
  };
}

type Given = (name: string) => string | undefined;
type Encryption = Pick<DatabaseAddress, 'ssl' | 'sslnegotiation' | 'enableChannelBinding' | 'asksForTls'>;

const PLAIN: Encryption = { ssl: false, asksForTls: false };

function encryptionOf(given: Given, environment: Environment): Encryption {
  const mode = modeOf(given('sslmode'), given('ssl')) ?? modeOf(environment['PGSSLMODE'], undefined) ?? 'disable';
  if (mode === 'disable') return PLAIN;
  return {
    ssl: tlsOf(mode, (name) => given(name) ?? environment[`PG${name.toUpperCase()}`]),
    ...(given('sslnegotiation') === 'direct' && { sslnegotiation: 'direct' }),
    enableChannelBinding: ['prefer', 'require'].includes(given('channel_binding') ?? ''),
    asksForTls: mode === 'prefer' || mode === 'allow',
  };
}

/** PostgreSQL's own tools also take a URL with a user and no host, whose socket `?host=` names. */
function parse(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  const url = new URL(text.replace('@/', '@localhost/'));
  if (!url.searchParams.has('host')) url.searchParams.set('host', '');
  return url;
}

const present = (name: string, value: string | undefined): Record<string, string> => (value ? { [name]: value } : {});

function modeOf(sslmode: string | undefined, ssl: string | undefined): SslMode | undefined {
  if (sslmode !== undefined && sslmode !== '') return sslmode as SslMode;
  if (ssl === 'no-verify') return ssl;
  // As libpq takes what JDBC writes.
  if (ssl === 'true' || ssl === '1') return 'require';
  return ssl === undefined ? undefined : 'disable';
}

/** @param given a parameter of the URL, or its variable: `sslrootcert`, `sslcert`, `sslkey`, `sslpassword`, `ssl_min_protocol_version` */
function tlsOf(mode: SslMode, given: Given): ConnectionOptions {
  const rootCert = given('sslrootcert');
  const [rootFile, hasOwnRoot] = rootCert === 'system' ? [undefined, false] : [rootCert, rootCert !== undefined];
  const oldest = given('ssl_min_protocol_version');
  return {
    ...pem('ca', 'sslrootcert', rootFile),
    ...pem('cert', 'sslcert', given('sslcert')),
    ...pem('key', 'sslkey', given('sslkey')),
    ...present('passphrase', given('sslpassword')),
    ...(oldest !== undefined && { minVersion: oldest as 'TLSv1.2' }),
    // As libpq does: an authority that is named is checked, even with `require`.
    rejectUnauthorized: mode.startsWith('verify') || rootCert === 'system' || (mode === 'require' && hasOwnRoot),
    // Certificates of an authority of one's own often name no host. Without such an authority anybody's certificate would do.
    ...(hasOwnRoot && mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
  };
}

function pem(option: 'ca' | 'cert' | 'key', parameter: string, file: string | undefined): ConnectionOptions {
  if (!file) return {};
  try {
    return { [option]: readFileSync(file, 'utf8') };
  } catch (thrown) {
    throw new DatabaseStartError(`${parameter} of DATABASE_URL cannot be used: ${reasonOf(thrown)}`, { cause: thrown });
  }
}

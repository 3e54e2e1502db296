import { z } from 'zod';

const ENCODE =
  'in the user name and the password write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23, % as %25 and a blank as %20';

/** `scheme://user:password@`, as far as it can be told apart. */
const AUTHORITY = /^[a-z]+:\/\/([^/?#]*)(.*)$/is;

/**
 * Whether a secret in a URL was not percent-encoded, so that a part of it would be taken for the port, the path, the query or a fragment:
 * the server would look for the wrong host and print that part in an error. An `@` in front of the last one does no harm.
 */
function hasRawSecret(value: string): boolean {
  const [, authority = '', rest = ''] = AUTHORITY.exec(value) ?? [];
  const secret = authority.slice(0, Math.max(authority.lastIndexOf('@'), 0));
  if (/%(?![0-9a-f]{2})|\s/i.test(secret)) return true;
  const [path = '', query = ''] = rest.split('?', 2);
  return rest.includes('#') || path.includes('@') || /^[^=&]*@/.test(query);
}

/** Whether a URL can be read. PostgreSQL's own tools also take one with a user and no host, whose socket `?host=` names. */
const isReadable = (value: string): boolean => URL.canParse(value) || URL.canParse(value.replace('@/', '@localhost/'));

/** The URL of a service, with credentials or without. What is printed of a wrong one is never the URL itself. */
export function serviceUrl(...schemes: readonly string[]) {
  const starts = schemes.map((scheme) => `${scheme}://`).join(' or ');
  const isOurs = (value: string): boolean => schemes.includes(/^([a-z]+):\/\//i.exec(value)?.[1]?.toLowerCase() ?? '');
  return z
    .string()
    .superRefine((value, context) => {
      if (!isOurs(value)) context.addIssue({ code: 'custom', message: `a URL that starts with ${starts}` });
      else if (hasRawSecret(value))
        context.addIssue({ code: 'custom', message: `a URL with its secrets percent-encoded: ${ENCODE}` });
      else if (!isReadable(value)) context.addIssue({ code: 'custom', message: `a URL that starts with ${starts}; ${ENCODE}` });
    })
    .optional();
}

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'no-verify', 'verify-ca', 'verify-full'];

/** What libpq knows and the driver does not: without it the connection would lead elsewhere, or be less safe than the URL asks for. */
const NOT_HONOURED = ['service', 'servicefile', 'passfile', 'hostaddr', 'requirepeer', 'require_auth', 'sslcrl', 'sslcrldir'];

/** What is wrong with the parameters of a DATABASE_URL that can be read; undefined for nothing. */
function parameterFault(value: string): string | undefined {
  const { hostname, searchParams: given } = new URL(value.replace('@/', '@localhost/'));
  if ([hostname, given.get('host')].some((host) => host?.includes(','))) return 'a URL with one host';
  const port = given.get('port');
  if (port !== null && !/^\d{1,5}$/.test(port)) return 'a URL with one port';
  const mode = given.get('sslmode');
  if (mode !== null && !SSL_MODES.includes(mode)) return `a URL with an sslmode of ${SSL_MODES.join(', ')}`;
  if (given.get('sslrootcert') === 'system' && mode !== null && mode !== 'verify-full') {
    return 'a URL with sslmode=verify-full where sslrootcert=system stands: others would take a certificate of anybody';
  }
  if (given.get('gssencmode') === 'require') return 'a URL without gssencmode=require: connections are encrypted by TLS';
  const unknown = NOT_HONOURED.find((name) => given.has(name));
  return unknown === undefined ? undefined : `a URL without the parameter ${unknown}, which this server does not honor`;
}

/** The URL of the database. @see serviceUrl */
export const databaseUrl = serviceUrl('postgres', 'postgresql').superRefine((value, context) => {
  const message = value !== undefined && isReadable(value) ? parameterFault(value) : undefined;
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

/** Where the server is found: a web address, of which links in mails and pages are made. */
export const publicUrl = z
  .string()
  .refine((value) => /^https?:\/\//i.test(value) && URL.canParse(value), { error: 'a URL that starts with http:// or https://' })
  .refine((value) => !URL.canParse(value) || !new URL(value).hostname.includes('*'), {
    error: 'a URL without a wildcard: links are made of it',
  })
  .refine((value) => !/[?#]/.test(value), { error: 'a URL without a query and a fragment: links are made of it' })
  .refine((value) => !URL.canParse(value) || (new URL(value).username === '' && new URL(value).password === ''), {
    error: 'a URL without a user name and a password: everybody sees it',
  })
  .optional();

/** Origins of schemes that browsers do not know, as hybrid apps and extensions send them: `capacitor://localhost`. */
const APP_ORIGIN = /^(?!(?:https?|wss?|ftp|file):)[a-z][a-z\d+.-]*:\/\/[a-z\d._-]+(?::\d{1,5})?$/;

/** An origin as browsers send it. A wildcard is never sent, so it would never match. */
export const isWebOrigin = (origin: string): boolean =>
  APP_ORIGIN.test(origin) ||
  (/^https?:/.test(origin) && URL.canParse(origin) && new URL(origin).origin === origin && !origin.includes('*'));

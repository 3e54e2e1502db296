import type { Finding } from './finding.js';

/** `user:password@` of an address, whatever program quotes it. */
const CREDENTIALS = /(\/\/)[^\s/@]*:[^\s/]*@/g;
const SECRET = /APP_SECRET$|_PASSWORD$/;
const ADDRESS = /_URL$/;
const HIDDEN = '•••';
/** Shorter ones would take ordinary words of the text with them; nothing of ours quotes a secret by itself. */
const LEAST = 4;

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

function secretsIn(name: string, value: string): string[] {
  if (SECRET.test(name)) return [value];
  if (!ADDRESS.test(name) || !URL.canParse(value)) return [];
  const { password, searchParams } = new URL(value);
  return [password, decoded(password), ...searchParams.getAll('password')];
}

/** What takes every secret of these variables out of findings: messages of drivers and of other servers may quote anything. */
export function maskOf(variables: Readonly<Record<string, string | undefined>>): (finding: Finding) => Finding {
  const secrets = Object.entries(variables)
    .flatMap(([name, value]) => secretsIn(name, value ?? ''))
    .filter((secret) => secret.length >= LEAST)
    .sort((a, b) => b.length - a.length);
  const masked = (text: string): string => {
    // As a whole first: of a secret that was cut, the rest would not be found.
    const without = secrets.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
    return without.replace(CREDENTIALS, `$1${HIDDEN}@`);
  };
  return ({ mend, found, ...finding }) => ({
    ...finding,
    found: masked(found),
    ...(mend !== undefined && { mend: masked(mend) }),
  });
}

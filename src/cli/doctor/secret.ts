import type { Settings } from '../../config/settings.js';
import { type Finding, ok, warning } from './finding.js';

const STRONG =
  'Make one: openssl rand -hex 32. It has to be the same on every node; the signing keys belong to the one they were made with.';
/** Bits of a secret that nobody can guess. */
const ENOUGH_BITS = 96;
const WORDS = /secret|password|changeme|change-me|example|switchboard|qwerty|12345/i;

/** Whether APP_SECRET is there and looks as if it had been made by chance. */
export function checkSecret({ APP_SECRET: secret, DATABASE_URL, REDIS_URL, NODE_ENV }: Settings): Finding {
  const check = 'APP_SECRET';
  if (secret === undefined) {
    if (DATABASE_URL && REDIS_URL) {
      return warning(check, 'not set: every node makes its own, and only the first one starts', STRONG);
    }
    return ok(check, 'not set: the server keeps one of its own in DATA_DIR');
  }
  if (bitsOf(secret) < ENOUGH_BITS || WORDS.test(secret)) {
    const found = `${secret.length} characters, which look like words or a pattern${NODE_ENV === 'production' ? ', in production' : ''}`;
    return warning(check, found, STRONG);
  }
  return ok(check, 'set, and long and mixed enough');
}

/** Shannon's entropy of its characters: an upper bound of how much chance there is in it. */
function bitsOf(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / text.length);
  return bits;
}

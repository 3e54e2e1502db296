/** What stands for a secret. */
export const MASK = '•••';

/** Shorter ones could be ordinary words. */
const MIN_SECRET = 16;

// All of them also fit what was cut off in the middle.
const JWT = /\beyJ[\w-]{4,}(?:\.[\w-]*){0,2}/g;
// In JSON, and in JavaScript, where the name may stand without quotes.
const FIELD = /((?:"|\b)(?:[a-z_]*token|password|authorization)"?\s*:\s*)"(?:[^"\\]|\\.)*(?:"|\\?$)/gi;
// JSON inside of a string, as where code sends a frame that somebody wrote.
const QUOTED = /(\\"(?:[a-z_]*token|password|authorization)\\"\s*:\s*)\\"(?:[^"\\]|\\\\(?:\\["\\]|[^"\\]))*(?:\\"|\\*$)/gi;
const BEARER = /\b(Bearer\s+)[\w~+/=-][\w.~+/=-]*/gi;
const QUERY = /([?&]token=)[^&\s"'#]+/gi;

/**
 * A text with its tokens and passwords masked: whatever looks like one, is in a field of such a name, or is one of these secrets.
 * @param secrets such as the token that a connection was opened with
 */
export function masked(text: string, secrets: readonly string[] = []): string {
  const known = secrets.filter((secret) => secret.length >= MIN_SECRET);
  const withoutKnown = known.reduce((at, secret) => at.replaceAll(secret, MASK), text);
  const withoutFields = withoutKnown.replace(FIELD, `$1"${MASK}"`).replace(QUOTED, `$1\\"${MASK}\\"`);
  return withoutFields.replace(JWT, MASK).replace(BEARER, `$1${MASK}`).replace(QUERY, `$1${MASK}`);
}

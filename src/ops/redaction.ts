/** What stands for a secret in the log. */
const REDACTED = '[redacted]';

/** The ends of names whose values are secret, of fields and of parameters, in lower case. */
const SECRET_ENDS = ['token', 'password', 'passwd', 'pwd', 'secret', 'jwt', 'credential', 'credentials', 'apikey', 'api_key'];

/** A character of a parameter in every spelling that a URL has for it: as it is, or percent-encoded any number of times. */
function encoded(character: string): string {
  const codes = [character.toLowerCase(), character.toUpperCase()].map((one) => one.charCodeAt(0).toString(16));
  return `(?:\\${character}|%(?:25)*(?:${codes.join('|')}))`.replace(/\\(\w)/, '$1');
}
const encodedWord = (word: string): string => Array.from(word, encoded).join('');

const FIELD = `[\\w-]*(?:${SECRET_ENDS.join('|')})|[\\w-]*cookie|authorization`;
const TEXT = '[^"\\\\]*(?:\\\\.[^"\\\\]*)*';

/** `sid` alone is Engine.IO's: with it anybody can read and write for an open session of long polling. */
const PARAMETER = `(?:${SECRET_ENDS.map(encodedWord).join('|')}|(?<=[?&;])${encodedWord('sid')})`;
/** Such as the last bracket of `user[token]=`. */
const AFTER_NAME = `(?:${encoded(']')}|%(?:25)*20|\\+)*`;
const EQUALS = encoded('=');

/**
 * By name. Every pattern here and below takes time in proportion to the line: it begins with something fixed or where a run of
 * characters begins, and repeats nothing that could be split in two ways.
 */
const BY_NAME: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`"(${FIELD})":"${TEXT}"`, 'gi'), `"$1":"${REDACTED}"`],
  [new RegExp(`"(${FIELD})":\\[(?:"${TEXT}",?)*\\]`, 'gi'), `"$1":"${REDACTED}"`],
  // The same in JSON that is quoted inside a string.
  [new RegExp(`\\\\"(${FIELD})\\\\":\\s*\\\\"[^"\\\\]*`, 'gi'), `\\"$1\\":\\"${REDACTED}`],
  // Up to the next parameter or the end of the word; a semicolon may belong to the value.
  [new RegExp(`(${PARAMETER}${AFTER_NAME}${EQUALS})(?:[^&#\\s"\\\\]|\\\\\\\\|\\\\u[\\da-f]{4})*`, 'gi'), `$1${REDACTED}`],
  [/\b((?:authorization|cookie):[ \t]?)[^"\\]+/gi, `$1${REDACTED}`],
];

/** An escape of JSON, whose letter belongs to no word; a JSON Web Token, or what begins like one; any other word. */
const WORD = /\\(?:u[\da-f]{4}|.)|eyJ[\w-]{5,}(?:\.[\w-]*)*|[\w-]+/gis;
/**
 * Letters of both cases from which on a word is random: 256 bits in base64url, which refresh and recovery tokens, APP_SECRET and
 * signatures have at least, are 43. Three may be lost to a percent sign in front.
 */
const RANDOM = /^(?=.*[a-z])(?=.*[A-Z]).{40}/;

/** By shape, whatever they are called. */
const BY_SHAPE: readonly (readonly [RegExp, string | ((...found: string[]) => string)])[] = [
  // A private key, to its end or to the end of the text.
  [/-----BEGIN [A-Z\d ]{0,40}PRIVATE KEY-----[^"\\]*(?:\\[^"][^"\\]*)*/g, withoutKey],
  [/\b(bearer\s+)[\w.~+/=-]{8,}/gi, `$1${REDACTED}`],
  [/\b(basic\s+)([\w+/-]{4,}={0,2})/gi, withoutBasic],
  [WORD, withoutWord],
  // The user part of a URL, such as a database's; first where a password has slashes that should have been encoded.
  [/:\/\/[^/:\s"\\]{0,256}:(?!\d{1,5}(?:[/?#\s"\\]|$))[^\s"\\]{0,256}@/g, `://${REDACTED}@`],
  [/:\/\/[^/\s"\\]+@/g, `://${REDACTED}@`],
];

const REDACTIONS = [...BY_NAME, ...BY_SHAPE];

/** Whether a line needs a closer look: nearly none does, and this look is all that those cost. */
const SUSPICIOUS =
  /[\u007f-\u009f\u2028\u2029]|%[\da-f]{2}|token|passw|pwd|secret|jwt|credential|api_?key|bearer|basic |cookie|authoriz|eyJ|PRIVATE|:\/\/|[?&;]sid|(?<![\w-])[\w-]{40}|\\\w[\w-]{38}/i;

/** Control characters that JSON does not escape (DEL, C1) and what some readers take for the end of a line. */
const UNESCAPED = /[\u007f-\u009f\u2028\u2029]/g;

/**
 * The last look at a finished line of the log, so that no way of logging leads past it. Secrets are taken out, and what JSON does
 * not escape although some readers take it for a control sequence or for the end of a line is escaped.
 */
export function cleanLine(line: string): string {
  if (!SUSPICIOUS.test(line)) return line;
  return cleanText(line.replace(UNESCAPED, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`));
}

/** Takes secrets out: by the decoded name of a field or parameter, and by their shape wherever they stand, percent-encoded too. */
export function cleanText(text: string): string {
  return redact(PERCENT.test(text) ? text.replace(/\\(?:u[\da-f]{4}|.)|[^\s"\\]+/gis, withoutEncoded) : text);
}

function redact(text: string): string {
  return REDACTIONS.reduce(
    (rest, [pattern, by]) => (typeof by === 'string' ? rest.replace(pattern, by) : rest.replace(pattern, by)),
    text,
  );
}

const PERCENT = /%[\da-f]{2}/i;
/** As often as a URL in a URL in a URL is encoded. */
const MAX_ROUNDS = 3;

/** Takes out what becomes a secret when it is decoded: the part of a URL that does, or else the whole word. */
function withoutEncoded(word: string): string {
  if (word.startsWith('\\') || !PERCENT.test(word)) return word;
  const parts = word.replace(/[^/?#&;=,:]+/g, (part) => (hidesSecret(part) ? REDACTED : part));
  const named = redact(parts);
  return hidesSecret(named) ? REDACTED : named;
}

function hidesSecret(text: string): boolean {
  let decoded = text;
  for (let round = 0; round < MAX_ROUNDS && PERCENT.test(decoded); round += 1) {
    decoded = decoded.replace(/%([0-7][\da-f])/gi, (_, code: string) => decodedOf(code));
    if (SUSPICIOUS.test(decoded) && redact(decoded) !== decoded) return true;
  }
  return false;
}

/** What is decoded is no JSON: a backslash escapes nothing there. */
const decodedOf = (code: string): string => (/5c/i.test(code) ? '/' : String.fromCharCode(Number.parseInt(code, 16)));

function withoutWord(word: string): string {
  if (word.startsWith('\\')) return word;
  return (word.startsWith('eyJ') && word.length >= 8) || RANDOM.test(word) ? REDACTED : word;
}

function withoutKey(found: string): string {
  const end = found.indexOf('-----END ');
  return end < 0 ? REDACTED : REDACTED + found.slice(end).replace(/^-----END [A-Z\d ]{0,40}-----/, '');
}

/** RFC 7617: `user:password` in base64. Anything else behind the word is prose. */
function withoutBasic(found: string, scheme: string, value: string): string {
  return Buffer.from(value, 'base64').includes(':') ? scheme + REDACTED : found;
}

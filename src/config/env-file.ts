import { parseEnv, TextDecoder } from 'node:util';

const SETTING = /^\s*(?:export\s+)?[A-Za-z_]\w*\s*=\s*(.*)$/;
const NOTHING = /^\s*(?:#.*)?$/;
const QUOTES = ['"', "'", '`'];

/** The file cannot be taken as it is; `message` says where and why, and never quotes a line: it may hold a secret. */
export class EnvSyntaxError extends Error {
  /** @param line of the file, from 1; null if the whole file is meant */
  constructor(line: number | null, reason: string) {
    super(line === null ? reason : `line ${line} ${reason}`);
    this.name = 'EnvSyntaxError';
  }
}

/**
 * Reads the bytes of an `.env` file: UTF-8, with a byte order mark or without.
 * @throws EnvSyntaxError for another encoding, and for a line that is neither a setting nor a comment: a parser that skips
 * it would drop a setting in silence
 */
export function readEnvText(bytes: Uint8Array): NodeJS.Dict<string> {
  return parseEnv(settingLines(decode(bytes).split(/\r?\n/)).join('\n'));
}

function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || bytes.includes(0);
  if (isUtf16) throw new EnvSyntaxError(null, 'the file is encoded in UTF-16; save it as UTF-8');
  try {
    // The decoder takes the byte order mark away.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new EnvSyntaxError(null, 'the file is not encoded in UTF-8');
  }
}

/**
 * The lines that belong to settings. Node 20 takes a line of blanks, and a comment behind blanks, for the beginning of the next line's
 * name, and so loses that setting.
 */
function settingLines(lines: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i] ?? '';
    const value = SETTING.exec(line)?.[1];
    if (value !== undefined) {
      const last = lastLineOf(value, lines, i);
      checkRest(value, lines, i, last);
      kept.push(line.trimStart(), ...lines.slice(i + 1, last + 1));
      i = last;
    } else if (!NOTHING.test(line)) {
      throw new EnvSyntaxError(i + 1, 'is not a setting: write NAME=value');
    }
  }
  return kept;
}

/** Refuses a value of which a parser would drop the rest in silence. */
function checkRest(value: string, lines: readonly string[], at: number, last: number): void {
  const quote = QUOTES.find((one) => value.startsWith(one));
  if (quote === undefined) {
    const [before = ''] = (lines[at] ?? '').split('#', 1);
    if (value.includes('#') && /\S$/.test(before))
      throw new EnvSyntaxError(at + 1, 'has a # in its value: put the value in quotes');
    return;
  }
  const closing = last === at ? value.slice(1) : (lines[last] ?? '');
  const rest = closing.slice(closing.indexOf(quote) + 1);
  if (!NOTHING.test(rest)) throw new EnvSyntaxError(last + 1, `has more behind the closing ${quote}: use other quotes`);
}

/** A quoted value may go on over further lines. @returns the index of its last line */
function lastLineOf(value: string, lines: readonly string[], at: number): number {
  const quote = QUOTES.find((one) => value.startsWith(one));
  if (quote === undefined || value.includes(quote, 1)) return at;
  const end = lines.findIndex((line, i) => i > at && line.includes(quote));
  if (end === -1) throw new EnvSyntaxError(at + 1, `begins a value with ${quote} that nothing ends`);
  return end;
}

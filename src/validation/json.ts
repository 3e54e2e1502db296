import { isUtf8 } from 'node:buffer';
import { CoreError } from '../errors/catalogue.js';

/**
 * How deep input may nest. V8's parser is iterative, but whatever walks the value afterwards (JSON.stringify,
 * validators) recurses, so that 100,000 brackets would end in a RangeError far from here.
 */
const MAX_DEPTH = 64;

/**
 * How many commas and colons may stand outside of strings: about as many values there are. A parser needs half a microsecond for each key,
 * so that a megabyte of them would keep everybody waiting.
 */
const MAX_SEPARATORS = 20_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether brackets outside of strings nest deeper than {@link MAX_DEPTH}, or there are more values than anybody needs. */
function isTooMuch(text: string): boolean {
  if (text.length <= 2 * MAX_DEPTH) return false;
  let depth = 0;
  let separators = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = endOfString(text, i + 1);
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    } else if ((code === 0x2c || code === 0x3a) && ++separators > MAX_SEPARATORS) {
      return true;
    }
  }
  return false;
}

/** As {@link parseJson} judges its text, for a value that somebody else has parsed: whether it nests too deep. */
export function nestsTooDeep(value: unknown, levels = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  return levels === 0 || Object.values(value).some((item) => nestsTooDeep(item, levels - 1));
}

/** About how many bytes a value takes that somebody else has parsed; what nests deeper than is taken is not looked at. */
export function weightOf(value: unknown, levels = MAX_DEPTH): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null || levels === 0) return 8;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  return Object.entries(value).reduce((sum, [key, item]) => sum + key.length + weightOf(item, levels - 1), 16);
}

function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from);
  while (end !== -1) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** Parses JSON text. @returns undefined (no JSON value) where it is not JSON, nests too deep or holds too many values */
export function parseJson(text: string): unknown {
  if (isTooMuch(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Parses a JSON body. Invalid UTF-8 is refused rather than patched with U+FFFD: what is stored is what was sent.
 * @throws CoreError `malformed`
 */
export function parseJsonBody(body: Buffer): unknown {
  // Clients that set the content type on every request send an empty body where they mean none.
  if (body.length === 0) return undefined;
  const value = isUtf8(body) ? parseJson(body.toString('utf8')) : undefined;
  if (value === undefined) throw new CoreError('malformed');
  return value;
}

import { isUtf8 } from 'node:buffer';
import { CoreError } from '../errors/catalogue.js';

/** What stands for text that is no UTF-8 where it cannot be refused at once: a lone surrogate, which no field takes. */
const NO_TEXT = '\ud800';

/** @throws URIError for what is no percent-encoded UTF-8; `URLSearchParams` would patch it, so that two passwords became one. */
const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));

function decodeOrNoText(text: string): string {
  try {
    return decode(text);
  } catch {
    return NO_TEXT;
  }
}

/** The fields of `a=1&b=2`. Of one given twice the last counts, as with JSON; `__proto__` is a field like any. */
function fieldsOf(text: string, read: (part: string) => string): Record<string, string> {
  const pairs = text.split('&').filter((pair) => pair !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const end = pair.indexOf('=');
      return end === -1 ? [read(pair), ''] : [read(pair.slice(0, end)), read(pair.slice(end + 1))];
    }),
  );
}

/**
 * Parses a form. Of a field given twice the last counts, as with JSON.
 * @throws CoreError `malformed`, also for percent-encoding that is no UTF-8
 */
export function parseFormBody(body: Buffer): unknown {
  if (!isUtf8(body)) throw new CoreError('malformed');
  try {
    return fieldsOf(body.toString('utf8'), decode);
  } catch (error) {
    throw new CoreError('malformed', { cause: error });
  }
}

/**
 * Parses a query string. Never throws, since the router calls it where nobody would catch that: a parameter that is no
 * UTF-8 gets a value which validation refuses.
 */
export function parseQuery(query: string): Record<string, string> {
  return fieldsOf(query, decodeOrNoText);
}

/** The parameters of a target as it was sent, for those whom no router gives them. */
export function queryOf(target = ''): Record<string, string> {
  const [, query = ''] = /^[^?#]*\?([^#]*)/.exec(target) ?? [];
  return parseQuery(query);
}

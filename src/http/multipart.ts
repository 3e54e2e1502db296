import { isUtf8 } from 'node:buffer';
import { CoreError } from '../errors/catalogue.js';

/** Parts of one body at most: no form of ours has as many fields. */
const MAX_PARTS = 200;

/** The boundary between the parts (RFC 2046 §5.1.1: at most 70 characters), in quotation marks or without. */
const BOUNDARY = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;",]{1,70}))\s*(?:;|$)/i;
const DISPOSITION = /^content-disposition:\s*form-data\s*(;.*)$/im;
const NAME = /;\s*name="([^"\r\n]*)"/i;
const FILE = /;\s*filename\*?=/i;

/**
 * Parses a form of type `multipart/form-data` (RFC 7578). Of a field given twice the last counts, as with JSON. Nothing of ours takes files.
 * @throws CoreError `unsupported_media_type` where it is no such form; `malformed`, also for a file, for more than 200 parts and for what is no UTF-8
 */
export function parseMultipartBody(type: string, body: Buffer): unknown {
  const [, quoted, plain] = BOUNDARY.exec(type) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw new CoreError('unsupported_media_type');
  if (!isUtf8(body)) throw new CoreError('malformed');
  // What stands before the first boundary and after the last one means nothing.
  const [, ...parts] = `\r\n${body.toString('utf8')}`.split(`\r\n--${boundary}`, MAX_PARTS + 3);
  // It is something else under this name.
  if (parts.length === 0) throw new CoreError('unsupported_media_type');
  const end = parts.findIndex((part) => part.startsWith('--'));
  if (end === -1 || end > MAX_PARTS) throw new CoreError('malformed');
  return Object.fromEntries(parts.slice(0, end).map(readPart));
}

/** @returns name and value of a field */
function readPart(part: string): [string, string] {
  const [, headers, value] = /^[ \t]*(\r\n(?:[^\r\n]+\r\n)*)\r\n(.*)$/s.exec(part) ?? [];
  const [, parameters = ''] = DISPOSITION.exec(headers ?? '') ?? [];
  const [, name] = NAME.exec(parameters) ?? [];
  if (value === undefined || name === undefined) throw new CoreError('malformed');
  if (FILE.test(parameters)) throw new CoreError('malformed', { detail: 'Files are not taken' });
  // Browsers write these three so in a name (RFC 7578 §2, WHATWG HTML).
  return [name.replaceAll('%22', '"').replaceAll('%0D', '\r').replaceAll('%0A', '\n'), value];
}

import type { IncomingHttpHeaders } from 'node:http';
import { CoreError } from '../errors/catalogue.js';

/** UTF-8, and what is a part of it. */
const CHARSETS: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii']);

const CHARSET = /;\s*charset\s*=\s*"?([^\s";]*)/i;

/**
 * What keeps a body from being understood, before any of it is read; undefined if nothing does. Bodies are taken as they are: a coding or
 * charset that was ignored would make other text of them, or none.
 * @returns `unsupported_media_type`; for a coding with `Accept-Encoding` (RFC 9110 §12.5.3)
 */
export function bodyCodingFault(headers: IncomingHttpHeaders): CoreError | undefined {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (!hasBody) return undefined;
  const codings = (headers['content-encoding'] ?? '').split(',').map((coding) => coding.trim().toLowerCase());
  if (codings.some((coding) => coding !== '' && coding !== 'identity')) {
    const detail = 'Content-Encoding is not supported: send the body as it is';
    return new CoreError('unsupported_media_type', { detail, headers: { 'accept-encoding': 'identity' } });
  }
  const charset = CHARSET.exec(headers['content-type'] ?? '')?.[1]?.toLowerCase();
  if (charset === undefined || CHARSETS.has(charset)) return undefined;
  return new CoreError('unsupported_media_type', { detail: 'The charset is not supported: send UTF-8' });
}

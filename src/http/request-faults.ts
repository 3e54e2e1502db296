import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

/** A request that is refused before it is routed; `code` selects the answer. */
export type RequestFault = Error & { readonly code?: string };

const fault = (message: string, code?: string): RequestFault =>
  Object.assign(new Error(message), code === undefined ? {} : { code });

/**
 * What is wrong with a request that Node's parser accepts; undefined if nothing is.
 * - RFC 9110 §15.6.6: only HTTP/1.0 and 1.1 are served here. Node answers HTTP/2.0 and 0.9 as if they were 1.0.
 * - RFC 9112 §3.2: exactly one valid `Host`; HTTP/1.0 may have none. Node keeps the first of several, whatever is in it.
 * - RFC 9112 §6.1: no transfer coding but `chunked`, and that once. Node looks at the last one only. HTTP/1.0 has no transfer codings.
 * - RFC 9110 §10.1.1: no expectation but `100-continue`. HTTP/1.0 has no expectations.
 */
export function requestFault({ rawHeaders, httpVersion }: IncomingMessage): RequestFault | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return fault('HTTP version is not supported', 'HTTP_VERSION');
  return hostFault(rawHeaders, httpVersion) ?? codingFault(rawHeaders, httpVersion) ?? expectationFault(rawHeaders, httpVersion);
}

function hostFault(rawHeaders: readonly string[], httpVersion: string): RequestFault | undefined {
  const hosts = valuesOf(rawHeaders, 'host');
  if (hosts.length > 1 || (hosts.length === 0 && httpVersion === '1.1')) return fault('Not exactly one Host header');
  return hosts.every(isHost) ? undefined : fault('Host is not a host');
}

/** `uri-host [ ":" port ]` of RFC 3986 §3.2, without user information. Empty means that the target has no authority (RFC 9112 §3.2). */
function isHost(value: string): boolean {
  const [, address, name, port = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{0,5}))?$/.exec(value.trim()) ?? [];
  if (Number(port) > 65_535) return false;
  return address === undefined ? name !== undefined && REG_NAME.test(name) : isIPv6(address);
}

const REG_NAME = /^(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})*$/i;

function codingFault(rawHeaders: readonly string[], httpVersion: string): RequestFault | undefined {
  const codings = membersOf(rawHeaders, 'transfer-encoding');
  if (codings.some((coding) => coding !== 'chunked')) return fault('Unknown transfer coding', 'UNKNOWN_CODING');
  const most = httpVersion === '1.0' ? 0 : 1;
  return codings.length > most ? fault('Transfer coding where none may be') : undefined;
}

function expectationFault(rawHeaders: readonly string[], httpVersion: string): RequestFault | undefined {
  if (httpVersion === '1.0') return undefined;
  const isUnknown = membersOf(rawHeaders, 'expect').some((expectation) => !['', '100-continue'].includes(expectation));
  return isUnknown ? fault('Unknown expectation', 'EXPECTATION') : undefined;
}

/** The members of every header of a name, in small letters. */
const membersOf = (rawHeaders: readonly string[], name: string): string[] =>
  valuesOf(rawHeaders, name).flatMap((value) => value.split(',').map((member) => member.trim().toLowerCase()));

/** The values of every header of a name. Few names have its length, so that few have to be compared. */
function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const found = rawHeaders[i];
    if (found?.length === name.length && found.toLowerCase() === name) values.push(rawHeaders[i + 1] ?? '');
  }
  return values;
}

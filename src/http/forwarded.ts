import type { IncomingMessage } from 'node:http';
import { isIP, isIPv4 } from 'node:net';

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
/** `[2001:db8::1]`, with a port or without. */
const BRACKETED = /^\[([^\]]*)\](?::\d*)?$/;

/** An address as clients of a dual-stack socket have it, in its shortest form: without a zone, and IPv4 inside IPv6 as IPv4. */
export function plainAddress(address: string): string {
  const [bare = ''] = address.split('%');
  return MAPPED_IPV4.exec(bare)?.[1] ?? bare;
}

/** The address in one element of `X-Forwarded-For`, where proxies also write ports, brackets and quotes; null where there is none. */
export function forwardedAddress(element: string): string | null {
  const text = element.trim().replace(/^"(.*)"$/, '$1');
  const bracketed = BRACKETED.exec(text)?.[1];
  const [host = '', port, ...more] = text.split(':');
  // Only IPv4 can carry a port without brackets: every other colon is part of an IPv6 address.
  const hasPort = bracketed === undefined && port !== undefined && more.length === 0 && isIPv4(host);
  const address = plainAddress(bracketed ?? (hasPort ? host : text));
  return isIP(address) === 0 ? null : address;
}

/**
 * Rewrites `X-Forwarded-For` to plain addresses, before anything reads it. Limits, throttles and records count by address: a port that
 * changes with each connection would make a new client of every request. What is no address ends the chain, so that the client
 * counts as the last proxy that is known.
 */
export function normalizeForwardedFor({ headers }: Pick<IncomingMessage, 'headers'>): void {
  const header = headers['x-forwarded-for'];
  if (header === undefined) return;
  const addresses: string[] = [];
  for (const element of String(header).split(',').reverse()) {
    if (element.trim() === '') continue;
    const address = forwardedAddress(element);
    if (address === null) break;
    addresses.unshift(address);
  }
  if (addresses.length > 0) headers['x-forwarded-for'] = addresses.join(', ');
  else delete headers['x-forwarded-for'];
}

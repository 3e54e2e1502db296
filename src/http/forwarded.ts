import type { IncomingMessage } from 'node:http';
import { isIP, isIPv4, isIPv6 } from 'node:net';

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const MAPPED_IPV6 = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/;
/** `[2001:db8::1]`, with a port or without. */
const BRACKETED = /^\[([^\]]*)\](?::\d*)?$/;

/** An address as clients of a dual-stack socket have it, in its shortest form: without a zone, and IPv4 inside IPv6 as IPv4. */
export function plainAddress(address: string): string {
  const [bare = ''] = address.split('%');
  const mapped = MAPPED_IPV4.exec(bare)?.[1];
  if (mapped !== undefined || !isIPv6(bare)) return mapped ?? bare;
  // Of its many spellings the one that URLs have: the audit log and the addresses that an account is known by are compared as text.
  const shortest = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const [, high, low] = MAPPED_IPV6.exec(shortest) ?? [];
  return high === undefined || low === undefined ? shortest : [high, low].flatMap(bytesOf).join('.');
}

/** The two bytes of a group of an address of IPv6. */
const bytesOf = (group: string): number[] => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255];

/** The address in one element of `X-Forwarded-For`, where proxies also write ports, brackets and quotes; null where there is none. */
export function forwardedAddress(element: string): string | null {
  const text = element.trim().replace(/^"(.*)"$/, '$1');
  const bracketed = BRACKETED.exec(text)?.[1];
  const [host = '', port, ...more] = text.split(':');
  // Only IPv4 can carry a port without brackets: every other colon is part of an IPv6 address.
  const hasPort = bracketed === undefined && port !== undefined && /^\d*$/.test(port) && more.length === 0 && isIPv4(host);
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

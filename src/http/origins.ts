import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';

const LOCAL_HOST = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Whether a host, with its port or without, is this machine itself as browsers see it. */
export const isLocal = (host: string): boolean => LOCAL_HOST.test(host);

/**
 * Which web origins may talk to us: for CORS on HTTP, for the refresh cookie, and for sockets, which browsers open without asking
 * (RFC 6455 §4.2.2, §10.2).
 *
 * With PUBLIC_URL its origin is our own and no other: the `Host` header shows only under which name a browser reached us, and
 * anybody can let a name of theirs lead here (DNS rebinding) or send any `Host`. Without PUBLIC_URL there is nothing else to go by.
 */
@Injectable()
export class OriginPolicy {
  private readonly allowed: ReadonlySet<string>;
  private readonly hasOwn: boolean;
  private readonly localAllowed: boolean;

  constructor({ PUBLIC_URL, CORS_ORIGINS, NODE_ENV }: Settings) {
    const own = PUBLIC_URL === undefined ? [] : [new URL(PUBLIC_URL).origin];
    this.allowed = new Set([...own, ...CORS_ORIGINS]);
    this.hasOwn = own.length > 0;
    this.localAllowed = NODE_ENV !== 'production';
  }

  /** @param origin the `Origin` header; @param host the `Host` header, for the same-origin test without PUBLIC_URL */
  allows(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined) return true;
    if (this.allowed.has(origin)) return true;
    if (!URL.canParse(origin)) return false;
    const url = new URL(origin);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return false;
    // Such as with a default port; what is more than an origin is none.
    if (this.allowed.has(url.origin) && /^https?:\/\/[^/?#@\\\s]+$/i.test(origin)) return true;
    return (!this.hasOwn && url.host === host?.toLowerCase()) || (this.localAllowed && isLocal(url.hostname));
  }
}

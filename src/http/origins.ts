import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';

const LOCAL_HOST = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Whether a host, with its port or without, is this machine itself as browsers see it. */
export const isLocal = (host: string): boolean => LOCAL_HOST.test(host);

/** Which web origins may talk to us: for CORS on HTTP, and for sockets, which browsers open without asking (RFC 6455 §4.2.2, §10.2). */
@Injectable()
export class OriginPolicy {
  private readonly allowed: ReadonlySet<string>;
  private readonly localAllowed: boolean;

  constructor(settings: Settings) {
    this.allowed = new Set(settings.CORS_ORIGINS);
    this.localAllowed = settings.NODE_ENV !== 'production';
  }

  /** @param origin the `Origin` header; @param host the `Host` header, for the same-origin test */
  allows(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined) return true;
    if (this.allowed.has(origin)) return true;
    if (!URL.canParse(origin)) return false;
    const url = new URL(origin);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return false;
    return url.host === host?.toLowerCase() || (this.localAllowed && isLocal(url.hostname));
  }
}

import type { IncomingMessage } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { CoreError } from '../errors/catalogue.js';
import { ClientAddress } from './client-address.js';

const LOCAL_HOST = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;
/** Refused origins that are remembered as logged, and how much of one is shown: both are a stranger's to choose. */
const MAX_LOGGED = 100;
const MAX_SHOWN = 200;

/** Whether a host, with its port or without, is this machine itself as browsers see it. */
export const isLocal = (host: string): boolean => LOCAL_HOST.test(host);

/** What is looked at of a request. */
type Asking = Pick<IncomingMessage, 'headers' | 'socket'>;

/**
 * Which web origins may talk to us: for CORS on HTTP, for the refresh cookie, and for sockets, which browsers open without asking
 * (RFC 6455 §4.2.2, §10.2).
 *
 * With PUBLIC_URL its origin is our own, and so is what a trusted proxy says that the browser asked for. The `Host` header is not: anybody can
 * let a name of theirs lead here (DNS rebinding) or send any `Host`. Without PUBLIC_URL there is nothing else to go by.
 */
@Injectable()
export class OriginPolicy {
  private readonly logger = new Logger('Origins');
  private readonly own: string | undefined;
  private readonly allowed: ReadonlySet<string>;
  private readonly localAllowed: boolean;
  private readonly logged = new Set<string>();

  constructor(
    { PUBLIC_URL, CORS_ORIGINS, NODE_ENV }: Settings,
    private readonly addresses: ClientAddress,
  ) {
    this.own = PUBLIC_URL === undefined ? undefined : new URL(PUBLIC_URL).origin;
    this.allowed = new Set([...(this.own === undefined ? [] : [this.own]), ...CORS_ORIGINS]);
    this.localAllowed = NODE_ENV !== 'production';
  }

  /** Whether pages of an origin may ask across origins. A page of our own needs no leave, so that the host does not count. */
  allowsForeign(origin: string): boolean {
    return this.allowed.has(origin) || this.allowed.has(plainOrigin(origin) ?? '') || this.isLocalPage(origin);
  }

  /** Whether a request comes from a page that may, or from no page at all. */
  allows(request: Asking): boolean {
    const { origin } = request.headers;
    return origin === undefined || this.allowsForeign(origin) || this.isOwn(origin, request);
  }

  /** @throws CoreError `origin_not_allowed`, which is logged once for each origin */
  check(request: Asking): void {
    if (this.allows(request)) return;
    this.note(request.headers.origin ?? '');
    throw new CoreError('origin_not_allowed');
  }

  private isLocalPage(origin: string): boolean {
    const plain = this.localAllowed && URL.canParse(origin) ? new URL(origin) : undefined;
    return plain !== undefined && /^https?:$/.test(plain.protocol) && isLocal(plain.hostname);
  }

  private isOwn(origin: string, request: Asking): boolean {
    const plain = plainOrigin(origin);
    if (plain === undefined) return false;
    const { host, scheme } = this.addresses.forwarded(request);
    if (this.own === undefined) return new URL(plain).host === (host ?? request.headers.host)?.toLowerCase();
    return (
      host !== undefined &&
      scheme !== undefined &&
      URL.canParse(`${scheme}://${host}`) &&
      new URL(`${scheme}://${host}`).origin === plain
    );
  }

  private note(origin: string): void {
    if (this.logged.has(origin) || this.logged.size >= MAX_LOGGED) return;
    this.logged.add(origin);
    const shown = JSON.stringify(origin.slice(0, MAX_SHOWN));
    const own = this.own === undefined ? 'PUBLIC_URL is not set' : `PUBLIC_URL is ${this.own}`;
    this.logger.warn(`Pages of ${shown} are refused: ${own}, and CORS_ORIGINS does not name that origin`);
  }
}

/** An origin of the web, such as with a default port, in its usual form; undefined for what is more than an origin, or another. */
const plainOrigin = (origin: string): string | undefined =>
  /^https?:\/\/[^/?#@\\\s]+$/i.test(origin) && URL.canParse(origin) ? new URL(origin).origin : undefined;

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { type MatchFunction, match } from 'path-to-regexp';
import { CoreError } from '../../errors/catalogue.js';
import { coreErrorOf } from '../../errors/core-error-of.js';
import { bearerOf } from '../../http/bearer.js';
import { ErrorFormats } from '../../http/error-formats.js';
import { OriginPolicy } from '../../http/origins.js';
import type { Identity } from '../../identity/identity.js';
import { RateLimits } from '../../ops/rate-limits.js';
import type { Peer } from '../codec.js';
import { newConnectionId } from '../connection.js';
import { type SocketEndpoint, SocketEndpoints } from '../endpoints.js';
import { FaultLog } from '../../errors/fault-log.js';
import { Hub } from '../hub.js';
import { TokenReader } from '../ports.js';
import { ClientAddress } from './client-address.js';
import { type Admission, RawServer } from './raw-server.js';
import { refuseUpgrade } from './refuse.js';

/** Upgrades that may be looked at at once, and for how long one may take: neither memory nor sockets are tied up by those who only knock. */
const MAX_PENDING = 512;
const MAX_PENDING_MS = 5_000;
const MAX_USER_AGENT = 512;

type Params = Partial<Record<string, string | string[]>>;

interface Route {
  readonly endpoint: SocketEndpoint;
  readonly matches: MatchFunction<Params>;
  readonly isLiteral: boolean;
}

/** Decides over every WebSocket upgrade before it is granted: origin, path, limits, client id, token, room. */
@Injectable()
export class UpgradeGate {
  private routes: Route[] | undefined;
  private pending = 0;
  private closing = false;

  constructor(
    private readonly endpoints: SocketEndpoints,
    private readonly checks: UpgradeChecks,
    private readonly server: RawServer,
    private readonly formats: ErrorFormats,
    private readonly faults: FaultLog,
  ) {}

  /** From now on nobody is let in. */
  close(): void {
    this.closing = true;
  }

  async upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    // Until `ws` takes over, a reset by the peer must not become an uncaught error.
    const onError = (): void => void stream.destroy();
    stream.on('error', onError);
    let endpoint: SocketEndpoint | undefined;
    try {
      const url = urlOf(request);
      const found = this.find(url.pathname);
      endpoint = found?.endpoint;
      const admission = await this.admit(request, url, found);
      stream.off('error', onError);
      this.open(request, stream, head, admission);
    } catch (thrown) {
      const error = coreErrorOf(thrown);
      this.faults.report(error, { upgrade: endpoint?.protocol });
      refuseUpgrade(stream, this.formats.of(endpoint?.protocol), error);
    }
  }

  private async admit(request: IncomingMessage, url: URL, found: Found | undefined): Promise<Admission> {
    if (this.closing || this.pending >= MAX_PENDING) throw new CoreError('unavailable', { retryAfterSec: 5 });
    this.pending += 1;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new CoreError('unavailable', { detail: 'Timed out' })), MAX_PENDING_MS);
    });
    try {
      return await Promise.race([this.checks.admit(request, url, found), late]);
    } finally {
      clearTimeout(timer);
      this.pending -= 1;
    }
  }

  private open(request: IncomingMessage, stream: Duplex, head: Buffer, admission: Admission): void {
    if (!stream.destroyed && this.server.open(request, stream, head, admission)) return;
    admission.rules?.released({
      id: admission.id,
      clientId: admission.clientId,
      userId: admission.identity?.session.userId ?? null,
    });
  }

  private find(pathname: string): Found | undefined {
    this.routes ??= routesOf(this.endpoints);
    for (const { endpoint, matches } of this.routes) {
      const result = matches(pathname);
      if (result) return { endpoint, params: result.params };
    }
    return undefined;
  }
}

interface Found {
  readonly endpoint: SocketEndpoint;
  readonly params: Params;
}

/** Literal paths before those with parameters. */
function routesOf(endpoints: SocketEndpoints): Route[] {
  const routes = endpoints.all().flatMap((endpoint) =>
    endpoint.paths.map((path) => ({
      endpoint,
      matches: match<Params>(path, { trailing: true, decode: decodeSegment }),
      isLiteral: !path.includes(':'),
    })),
  );
  return routes.sort((a, b) => Number(b.isLiteral) - Number(a.isLiteral));
}

/** A segment that is no proper percent-encoding is kept as it is; what reads it judges it. */
function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '\0';
  }
}

function urlOf(request: IncomingMessage): URL {
  const target = request.url ?? '/';
  if (!target.startsWith('/') || !URL.canParse(`http://host${target}`)) throw new CoreError('malformed');
  return new URL(`http://host${target}`);
}

/** The checks of one upgrade, in the order in which they cost. */
@Injectable()
export class UpgradeChecks {
  constructor(
    private readonly origins: OriginPolicy,
    private readonly limits: RateLimits,
    private readonly addresses: ClientAddress,
    private readonly tokens: TokenReader,
    private readonly hub: Hub,
  ) {}

  /** @throws CoreError `forbidden` or `too_many_requests`; @returns the client's address */
  async checkRequest(request: IncomingMessage, kind: 'api' | 'general'): Promise<string> {
    if (!this.origins.allows(request.headers.origin, request.headers.host))
      throw new CoreError('forbidden', { detail: 'Origin not allowed' });
    const address = this.addresses.of(request);
    const wait = await this.limits.take(kind, address);
    if (wait > 0) throw new CoreError('too_many_requests', { retryAfterSec: wait });
    return address;
  }

  async admit(request: IncomingMessage, url: URL, found: Found | undefined): Promise<Admission> {
    const address = await this.checkRequest(request, url.pathname.startsWith('/api/') ? 'api' : 'general');
    if (!found) throw new CoreError('not_found');
    const { endpoint } = found;
    const clientId = endpoint.clientId?.(flat(found.params)) ?? null;
    const identity = await this.identify(request, url, endpoint);
    this.hub.checkRoom(address, identity?.session.userId ?? null);
    const peer: Peer = { id: newConnectionId(), clientId, userId: identity?.session.userId ?? null };
    await endpoint.rules?.admit(peer, identity);
    return {
      id: peer.id,
      clientId,
      identity,
      origin: {
        protocol: endpoint.protocol,
        address,
        userAgent: request.headers['user-agent']?.slice(0, MAX_USER_AGENT) ?? null,
      },
      codec: endpoint.codec,
      rules: endpoint.rules ?? null,
    };
  }

  private async identify(request: IncomingMessage, url: URL, endpoint: SocketEndpoint): Promise<Identity | null> {
    const token = bearerOf(request.headers.authorization) ?? url.searchParams.get('token');
    const identity = token ? await this.tokens.identify(token) : null;
    const isRefused = endpoint.token === 'required' ? !identity : endpoint.token === 'optional' && token !== null && !identity;
    if (isRefused) throw new CoreError('not_authenticated');
    return identity;
  }
}

const flat = (params: Params): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, Array.isArray(value) ? value.join('/') : value]));

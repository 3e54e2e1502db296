import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { type MatchFunction, match } from 'path-to-regexp';
import { CoreError } from '../../errors/catalogue.js';
import { coreErrorOf } from '../../errors/core-error-of.js';
import { ErrorFormats } from '../../http/error-formats.js';
import { type SocketEndpoint, SocketEndpoints } from '../endpoints.js';
import { FaultLog } from '../../errors/fault-log.js';
import { type Admission, RawServer } from './raw-server.js';
import { refuseUpgrade } from './refuse.js';
import { type Found, type Params, UpgradeChecks } from './upgrade-checks.js';

/** Upgrades that may be looked at at once, and for how long one may take: neither memory nor sockets are tied up by those who only knock. */
const MAX_PENDING = 512;
const MAX_PENDING_MS = 5_000;

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

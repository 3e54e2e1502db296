import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { type MatchFunction, match } from 'path-to-regexp';
import { CoreError } from '../../errors/catalogue.js';
import { coreErrorOf } from '../../errors/core-error-of.js';
import { ErrorFormats } from '../../http/error-formats.js';
import { type SocketEndpoint, SocketEndpoints } from '../endpoints.js';
import { FaultLog } from '../../errors/fault-log.js';
import { queryOf } from '../../http/urlencoded.js';
import { type Admission, RawServer } from './raw-server.js';
import { refuseUpgrade } from './refuse.js';
import { type Found, type Params, type Target, UpgradeChecks } from './upgrade-checks.js';

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

  get isClosing(): boolean {
    return this.closing;
  }

  async upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    // Until `ws` takes over, a reset by the peer must not become an uncaught error.
    const onError = (): void => void stream.destroy();
    stream.on('error', onError);
    let endpoint: SocketEndpoint | undefined;
    try {
      const target = targetOf(request);
      const found = this.find(target.path);
      endpoint = found?.endpoint;
      const admission = await this.admit(request, target, found);
      this.open(request, stream, head, admission);
      stream.off('error', onError);
    } catch (thrown) {
      const error = coreErrorOf(thrown);
      this.faults.report(error, { upgrade: endpoint?.protocol });
      refuseUpgrade(request, stream, this.formats.of(endpoint?.protocol), error);
    }
  }

  private async admit(request: IncomingMessage, target: Target, found: Found | undefined): Promise<Admission> {
    if (this.closing || this.pending >= MAX_PENDING) throw new CoreError('unavailable', { retryAfterSec: 5 });
    this.pending += 1;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new CoreError('unavailable', { detail: 'Timed out' })), MAX_PENDING_MS);
    });
    const admitting = this.checks.admit(request, target, found);
    try {
      return await Promise.race([admitting, late]);
    } catch (thrown) {
      // Let in too late, it must not keep what it was given, such as a client id.
      admitting.then(release, () => undefined);
      throw thrown;
    } finally {
      clearTimeout(timer);
      this.pending -= 1;
    }
  }

  /** @throws CoreError where there is no room any more: others were let in while this one was looked at */
  private open(request: IncomingMessage, stream: Duplex, head: Buffer, admission: Admission): void {
    let opened = false;
    try {
      if (this.closing) throw new CoreError('unavailable', { retryAfterSec: 5 });
      this.checks.checkRoom(admission);
      opened = !stream.destroyed && this.server.open(request, stream, head, admission);
    } finally {
      if (!opened) release(admission);
    }
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

function release({ rules, id, clientId, identity }: Admission): void {
  rules?.released({ id, clientId, userId: identity?.session.userId ?? null });
}

/** Literal paths before those with parameters. */
function routesOf(endpoints: SocketEndpoints): Route[] {
  const routes = endpoints.all().flatMap((endpoint) =>
    endpoint.paths.map((path) => ({
      endpoint,
      matches: match<Params>(withOptionalLast(path), { trailing: true, sensitive: true, decode: decodeSegment }),
      isLiteral: !path.includes(':'),
    })),
  );
  return routes.sort((a, b) => Number(b.isLiteral) - Number(a.isLiteral));
}

/** An empty last parameter is still the endpoint's path: what reads the parameter says what is wrong with it. */
const withOptionalLast = (path: string): string => path.replace(/\/:(\w+)$/, '{/:$1}');

/** A segment that is no proper percent-encoding is kept as it is; what reads it judges it. */
function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '\0';
  }
}

/** The target as it was sent. `URL` would resolve `..`, turn backslashes and so take one client id for another path. */
function targetOf({ url = '/' }: IncomingMessage): Target {
  const [path] = /^\/[^?#]*/.exec(url) ?? [];
  if (path === undefined) throw new CoreError('malformed');
  return { path, query: queryOf(url) };
}

import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { CoreError } from '../../errors/catalogue.js';
import { tokenOfHandshake } from '../../http/bearer.js';
import { OriginPolicy } from '../../http/origins.js';
import { userAgentOf } from '../../http/request.js';
import type { Identity } from '../../identity/identity.js';
import { RateLimits } from '../../ops/rate-limits.js';
import type { Peer } from '../codec.js';
import { newConnectionId } from '../connection.js';
import type { SocketEndpoint } from '../endpoints.js';
import { Hub } from '../hub.js';
import { TokenReader } from '../ports.js';
import { ClientAddress } from '../../http/client-address.js';
import { handshakeFault } from './handshake.js';
import type { Admission } from './raw-server.js';

/** Requests that a flood costs its address: else to come back at once would be as good as to be under no limit. */
const FLOOD_COST = 30;

/** The parameters of a path, as path-to-regexp gives them. */
export type Params = Partial<Record<string, string | string[]>>;

/** What a request asks for. */
export interface Target {
  /** As it was sent, percent-encoded. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

/** The endpoint that serves a path. */
export interface Found {
  readonly endpoint: SocketEndpoint;
  readonly params: Params;
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
  ) {
    hub.onFlood = (address) => void limits.charge('general', address, FLOOD_COST);
  }

  /** @throws CoreError `origin_not_allowed` or `too_many_requests`; @returns the client's address */
  async checkRequest(request: IncomingMessage, kind: 'api' | 'general'): Promise<string> {
    this.checkOrigin(request);
    const address = this.addresses.of(request);
    const wait = await this.limits.take(kind, address);
    if (wait > 0) throw new CoreError('too_many_requests', { retryAfterSec: wait });
    return address;
  }

  /** @throws CoreError `origin_not_allowed` */
  checkOrigin(request: IncomingMessage): void {
    this.origins.check(request);
  }

  async admit(request: IncomingMessage, { path, query }: Target, found: Found | undefined): Promise<Admission> {
    const address = await this.checkRequest(request, path.startsWith('/api/') ? 'api' : 'general');
    if (!found) throw new CoreError('not_found');
    const fault = handshakeFault(request);
    if (fault) throw fault;
    const { endpoint } = found;
    const clientId = endpoint.clientId?.(flat(found.params)) ?? null;
    const identity = await this.identify(request, query, endpoint);
    this.hub.checkRoom(address, identity?.session.userId ?? null);
    const peer: Peer = { id: newConnectionId(), clientId, userId: identity?.session.userId ?? null };
    if (identity) await this.hub.listeners.arriving(identity.session.userId);
    await endpoint.rules?.admit(peer, identity);
    return {
      id: peer.id,
      clientId,
      identity,
      origin: {
        protocol: endpoint.protocol,
        address,
        userAgent: userAgentOf(request),
      },
      codec: endpoint.codec,
      rules: endpoint.rules ?? null,
    };
  }

  /** @throws CoreError `too_many_requests` where there is no room for one more connection of this address or user */
  checkRoom({ origin, identity }: Pick<Admission, 'origin' | 'identity'>): void {
    this.hub.checkRoom(origin.address, identity?.session.userId ?? null);
  }

  private async identify(
    { headers }: IncomingMessage,
    query: Target['query'],
    endpoint: SocketEndpoint,
  ): Promise<Identity | null> {
    const token = tokenOfHandshake({ headers, query });
    const identity = token ? await this.tokens.identify(token) : null;
    const isRefused = endpoint.token === 'required' ? !identity : endpoint.token === 'optional' && token !== null && !identity;
    if (isRefused) throw new CoreError('not_authenticated');
    return identity;
  }
}

const flat = (params: Params): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, Array.isArray(value) ? value.join('/') : value]));

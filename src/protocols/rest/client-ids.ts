import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Leases } from '../../bus/leases.js';
import { CoreError } from '../../errors/catalogue.js';
import type { Identity } from '../../identity/identity.js';
import type { Peer } from '../../realtime/codec.js';
import type { BindingRules } from '../../realtime/connection.js';
import { ClientLinks } from '../../users/client-links.js';

/** What a node that dies holds is free again after this; it renews three times as often. */
const LEASE_SEC = 90;
const RENEW_MS = 30_000;

interface Hold {
  readonly userId: number;
  /** Ids of the connections that share it. */
  readonly peers: Set<string>;
}

/**
 * Who goes by which client id. An id held by a user's connection is refused to everyone else, on every node; anonymous
 * connections share ids freely. Which user used which id is kept for `GET /api/v1/users/{user_id}/clients`.
 */
@Injectable()
export class ClientIds implements BindingRules, OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(ClientIds.name);
  private readonly holds = new Map<string, Hold>();
  private readonly idOf = new Map<string, string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly leases: Leases,
    private readonly links: ClientLinks,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.renew(), RENEW_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  async admit(peer: Peer, identity: Identity | null): Promise<void> {
    const { clientId } = peer;
    if (clientId === null) return;
    const userId = identity?.session.userId ?? null;
    const held = this.holds.get(clientId);
    const isOwn = held?.peers.has(peer.id) === true;
    // The same user by another session: the id is where it belongs.
    if (isOwn && held.userId === userId) return;
    const isOwnAlone = isOwn && held.peers.size === 1;
    if (held && held.userId !== userId && !isOwnAlone) throw taken();
    if (userId === null) {
      if (!held && (await this.leases.owner(keyOf(clientId))) !== null) throw taken();
      this.released(peer);
      return;
    }
    if (isOwnAlone) this.released(peer);
    await this.take(clientId, userId, peer.id);
    await this.links.seen(userId, clientId).catch((thrown: unknown) => {
      this.released(peer);
      throw thrown;
    });
  }

  /** Held here before the lease is asked for, so that the id is not given back by another connection that goes meanwhile. */
  private async take(clientId: string, userId: number, peerId: string): Promise<void> {
    const held = this.holds.get(clientId);
    if (held) held.peers.add(peerId);
    else this.holds.set(clientId, { userId, peers: new Set([peerId]) });
    this.idOf.set(peerId, clientId);
    try {
      const claim = await this.leases.claim(keyOf(clientId), ownerOf(userId), LEASE_SEC);
      if (!claim.ok) throw taken();
    } catch (thrown) {
      this.forget(clientId, peerId);
      throw thrown;
    }
  }

  released(peer: Pick<Peer, 'id'>): void {
    const clientId = this.idOf.get(peer.id);
    if (clientId === undefined) return;
    const userId = this.forget(clientId, peer.id);
    if (userId === undefined) return;
    void this.leases.release(keyOf(clientId), ownerOf(userId));
    this.links
      .seen(userId, clientId)
      .catch((error: unknown) => this.logger.warn(`Last use of a client id was not kept: ${String(error)}`));
  }

  /** @returns whose the id was, where nobody here holds it any longer */
  private forget(clientId: string, peerId: string): number | undefined {
    this.idOf.delete(peerId);
    const held = this.holds.get(clientId);
    held?.peers.delete(peerId);
    if (!held || held.peers.size > 0) return undefined;
    this.holds.delete(clientId);
    return held.userId;
  }

  /** Whether a connection of this user, on any node, goes by the id now. */
  async isOnline(userId: number, clientId: string): Promise<boolean> {
    if (this.holds.get(clientId)?.userId === userId) return true;
    return (await this.leases.owner(keyOf(clientId))) === ownerOf(userId);
  }

  private async renew(): Promise<void> {
    for (const [clientId, { userId }] of [...this.holds]) {
      try {
        const isHeld = await this.leases.renew(keyOf(clientId), ownerOf(userId), LEASE_SEC);
        if (!isHeld) await this.leases.claim(keyOf(clientId), ownerOf(userId), LEASE_SEC);
      } catch (error) {
        this.logger.warn(`Client ids could not be renewed: ${String(error)}`);
        return;
      }
    }
  }
}

const taken = (): CoreError => new CoreError('conflict', { detail: 'This client_id is in use by another user' });
const keyOf = (clientId: string): string => `client:${clientId}`;
const ownerOf = (userId: number): string => `user:${userId}`;

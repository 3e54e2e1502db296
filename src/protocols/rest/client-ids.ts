import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Leases } from '../../bus/leases.js';
import { CoreError } from '../../errors/catalogue.js';
import type { Identity } from '../../identity/identity.js';
import type { Peer } from '../../realtime/codec.js';
import { CLOSE } from '../../realtime/close-reasons.js';
import type { BindingRules } from '../../realtime/connection.js';
import { Hub } from '../../realtime/hub.js';
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
    private readonly hub: Hub,
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
    if (userId === null) return this.admitNobody(clientId, held, peer);
    if (!isOwnAlone) return this.begin(clientId, userId, peer);
    this.released(peer);
    await this.begin(clientId, userId, peer).catch(async (thrown: unknown) => {
      await this.takeBack(clientId, held.userId, peer);
      throw thrown;
    });
  }

  private async admitNobody(clientId: string, held: Hold | undefined, peer: Peer): Promise<void> {
    if (!held && (await this.leases.owner(keyOf(clientId))) !== null) throw taken();
    this.released(peer);
  }

  private async begin(clientId: string, userId: number, peer: Peer): Promise<void> {
    await this.take(clientId, userId, peer.id);
    await this.links.seen(userId, clientId).catch((thrown: unknown) => {
      this.released(peer);
      throw thrown;
    });
  }

  /** The connection stays whose it was, and so does its id; where somebody else has it meanwhile, the connection has to go. */
  private async takeBack(clientId: string, userId: number, peer: Peer): Promise<void> {
    try {
      await this.take(clientId, userId, peer.id);
    } catch (thrown) {
      this.logger.warn(`A client id could not be taken back: ${String(thrown)}`);
      this.replaced(new Set([peer.id]));
    }
  }

  private replaced(peers: ReadonlySet<string>): void {
    for (const connection of [...this.hub.connections()]) {
      if (peers.has(connection.id)) this.hub.close(connection, CLOSE.conflict);
    }
  }

  /** Held here before the lease is asked for, so that the id is not given back by another connection that goes meanwhile. */
  private async take(clientId: string, userId: number, peerId: string): Promise<void> {
    const held = this.holds.get(clientId);
    if (held && held.userId !== userId) throw taken();
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
    for (const [clientId, hold] of [...this.holds]) {
      try {
        // Much may happen while the others are renewed: only what is still held is asked for.
        if (this.holds.get(clientId) === hold) await this.prolong(clientId, hold);
      } catch (error) {
        this.logger.warn(`Client ids could not be renewed: ${String(error)}`);
        return;
      }
    }
  }

  private async prolong(clientId: string, hold: Hold): Promise<void> {
    const [key, owner] = [keyOf(clientId), ownerOf(hold.userId)];
    const isHeld = (await this.leases.renew(key, owner, LEASE_SEC)) || (await this.leases.claim(key, owner, LEASE_SEC)).ok;
    const isWanted = this.holds.get(clientId)?.userId === hold.userId;
    if (isHeld && !isWanted) await this.leases.release(key, owner);
    // It ran out, and somebody else has it now.
    else if (!isHeld && this.holds.get(clientId) === hold) this.replaced(hold.peers);
  }
}

const taken = (): CoreError => new CoreError('conflict', { detail: 'This client_id is in use by another user' });
const keyOf = (clientId: string): string => `client:${clientId}`;
const ownerOf = (userId: number): string => `user:${userId}`;

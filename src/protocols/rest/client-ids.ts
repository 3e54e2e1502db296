import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Leases } from '../../bus/leases.js';
import type { Identity } from '../../identity/identity.js';
import type { Peer } from '../../realtime/codec.js';
import type { BindingRules } from '../../realtime/connection.js';
import { ClientLinks } from '../../users/client-links.js';

/** A node that dies is forgotten after this long; a living one renews three times as often. */
const LEASE_SEC = 90;
const RENEW_MS = 30_000;

/** One client id of one user, in use here. */
interface Hold {
  readonly userId: number;
  readonly clientId: string;
  /** Ids of the connections that share it. */
  readonly peers: Set<string>;
}

/**
 * Which users are connected under which client ids. A client id means something for its user only: two users can use the same one, and
 * anonymous connections share theirs freely. Links between users and ids are stored for `GET /api/v1/users/{user_id}/clients`; leases tell
 * other nodes which of them are online.
 */
@Injectable()
export class ClientIds implements BindingRules, OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(ClientIds.name);
  /** By lease. */
  private readonly holds = new Map<string, Hold>();
  /** The lease that a connection has a part in. */
  private readonly leaseOf = new Map<string, string>();
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

  /** @throws CoreError `unavailable` if the link cannot be stored; the connection then keeps the id it had */
  async admit(peer: Peer, identity: Identity | null): Promise<void> {
    const { clientId } = peer;
    if (clientId === null) return;
    if (!identity) return this.released(peer);
    const { userId } = identity.session;
    // The same user by another session.
    if (this.leaseOf.get(peer.id) === leaseFor(userId, clientId)) return;
    await this.links.seen(userId, clientId);
    this.released(peer);
    this.hold(userId, clientId, peer.id);
  }

  private hold(userId: number, clientId: string, peerId: string): void {
    const lease = leaseFor(userId, clientId);
    this.leaseOf.set(peerId, lease);
    const held = this.holds.get(lease);
    if (held) {
      held.peers.add(peerId);
      return;
    }
    this.holds.set(lease, { userId, clientId, peers: new Set([peerId]) });
    // Without Redis other nodes learn of it when it is renewed.
    this.leases.claim(lease, ownerOf(userId), LEASE_SEC).catch((error: unknown) => this.warn(error));
  }

  released(peer: Pick<Peer, 'id'>): void {
    const lease = this.leaseOf.get(peer.id);
    if (lease === undefined) return;
    this.leaseOf.delete(peer.id);
    const held = this.holds.get(lease);
    held?.peers.delete(peer.id);
    if (!held || held.peers.size > 0) return;
    this.holds.delete(lease);
    const { userId, clientId } = held;
    void this.leases.release(lease, ownerOf(userId));
    this.links
      .seen(userId, clientId)
      .catch((error: unknown) => this.logger.warn(`Last use of a client id was not stored: ${String(error)}`));
  }

  /** Which of a user's client ids are in use now, on any node. @throws CoreError `unavailable` if that cannot be known */
  async onlineOf(userId: number, clientIds: readonly string[]): Promise<ReadonlySet<string>> {
    const elsewhere = clientIds.filter((clientId) => !this.holds.has(leaseFor(userId, clientId)));
    const held = await this.leases.heldOf(elsewhere.map((clientId) => leaseFor(userId, clientId)));
    const isOnline = (clientId: string): boolean => {
      const lease = leaseFor(userId, clientId);
      return held.has(lease) || this.holds.has(lease);
    };
    return new Set(clientIds.filter(isOnline));
  }

  private async renew(): Promise<void> {
    for (const [lease, hold] of [...this.holds]) {
      try {
        // Much may happen while the others are renewed: only what is still held is asked for.
        if (this.holds.get(lease) === hold) await this.prolong(lease, hold);
      } catch (error) {
        this.warn(error);
        return;
      }
    }
  }

  private async prolong(lease: string, { userId }: Hold): Promise<void> {
    const owner = ownerOf(userId);
    if (!(await this.leases.renew(lease, owner, LEASE_SEC))) await this.leases.claim(lease, owner, LEASE_SEC);
    if (!this.holds.has(lease)) await this.leases.release(lease, owner);
  }

  private warn(error: unknown): void {
    this.logger.warn(`Client ids are not shown as online on other nodes: ${String(error)}`);
  }
}

const leaseFor = (userId: number, clientId: string): string => `client:${userId}:${clientId}`;
const ownerOf = (userId: number): string => `user:${userId}`;

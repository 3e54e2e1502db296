import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { CLOSE } from './close-reasons.js';
import type { Connection } from './connection.js';
import { Hub } from './hub.js';
import { closeLaggards } from './laggards.js';

const SWEEP_MS = 500;
/** How often we ping a connection whose life shows in its pongs, and how long without one it is taken for dead. */
const PING_EVERY_MS = 25_000;
const PONG_WITHIN_MS = 60_000;

/** One timer for all connections: heartbeats, pings, tokens that ran out, and readers for whom too much waits. */
@Injectable()
export class Sweeper implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private readonly silentAfterMs: number;

  constructor(
    private readonly hub: Hub,
    settings: Settings,
  ) {
    this.silentAfterMs = settings.HEARTBEAT_SEC * 2000;
  }

  onModuleInit(): void {
    this.timer = setInterval(() => this.sweep(performance.now(), Date.now()), SWEEP_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** @param now monotonic milliseconds; @param date unix milliseconds */
  sweep(now: number, date: number): void {
    closeLaggards(this.hub);
    for (const connection of this.hub.connections()) {
      if (isOver(connection, date)) this.hub.close(connection, CLOSE.sessionOver);
      else this.checkLife(connection, now);
    }
  }

  private checkLife(connection: Connection, now: number): void {
    const { liveness } = connection.codec;
    if (liveness === 'transport') return;
    const silentFor = now - connection.seenAt;
    if (silentFor > (liveness === 'frames' ? this.silentAfterMs : PONG_WITHIN_MS)) {
      this.hub.close(connection, CLOSE.silent);
    } else if (liveness === 'pongs' && now - Math.max(connection.pingedAt, connection.seenAt) > PING_EVERY_MS) {
      connection.pingedAt = now;
      connection.transport.ping();
    }
  }
}

function isOver({ identity }: Connection, date: number): boolean {
  if (!identity) return false;
  return identity.session.state === 'dead' || identity.expiresAt <= date || identity.session.expiresAt <= date;
}

import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { isOver } from '../identity/identity.js';
import { CLOSE } from './close-reasons.js';
import type { Connection } from './connection.js';
import { Hub } from './hub.js';
import { closeLaggards } from './laggards.js';

const SWEEP_MS = 500;
/**
 * How often a raw connection is pinged, whatever else it sends: browsers answer pings themselves, also for hidden pages, whose timers
 * they throttle to one a minute.
 */
const PING_EVERY_MS = 25_000;
/** A connection that shows no sign of life for this long is closed. */
const SILENT_AFTER_MS = 60_000;

/** One timer for all connections: heartbeats, pings, tokens that ran out, and readers for whom too much waits. */
@Injectable()
export class Sweeper implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  /** Of clients that were told to send something every HEARTBEAT_SEC. */
  private readonly heartbeatMs: number;

  constructor(
    private readonly hub: Hub,
    settings: Settings,
  ) {
    this.heartbeatMs = settings.HEARTBEAT_SEC * 1000;
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
      const { identity } = connection;
      if (identity && (isOver(identity, date) || identity.session.expiresAt <= date))
        this.hub.close(connection, CLOSE.sessionOver);
      else this.checkLife(connection, now);
    }
  }

  private checkLife(connection: Connection, now: number): void {
    const { liveness } = connection.codec;
    if (liveness === 'transport') return;
    const hasHeartbeat = liveness === 'frames';
    if (now - connection.seenAt > (hasHeartbeat ? 2 * this.heartbeatMs : SILENT_AFTER_MS)) {
      this.hub.close(connection, CLOSE.silent);
    } else if (now - connection.pingedAt >= (hasHeartbeat ? Math.min(this.heartbeatMs, PING_EVERY_MS) : PING_EVERY_MS)) {
      connection.pingedAt = now;
      connection.transport.ping();
    }
  }
}

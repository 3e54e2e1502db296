import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { CoreError } from '../errors/catalogue.js';
import { addressKey } from './address-key.js';
import { Metrics } from './metrics.js';
import { TokenBucket } from './token-bucket.js';

/**
 * Bytes that one address may send in a second, and at once. To parse them can cost 50 ns each, however few frames or requests they come in:
 * at this rate a tenth of a processor.
 */
const BYTES = { capacity: 1024 * 1024, rate: 2 * 1024 * 1024 };
/** What is no larger costs what its frame or request costs anyway, and never waits. */
const FREE_BYTES = 512;
const MAX_KEYS = 100_000;
/** Milliseconds; every socket of an address may owe a frame of its own. */
const MAX_DEBT_MS = 120_000;
/** Milliseconds that a body waits before it is read; what would wait longer is refused. */
const MAX_WAIT_MS = 5_000;
/** Milliseconds between two looks at whether a body may be read. */
const LOOK_MS = 50;

/** What the sockets of one address pay with. */
export interface Payer {
  /** @returns milliseconds for which nothing more should be read */
  pay(bytes: number): number;
}

/**
 * How much the clients of an address may bring in a second, whatever they bring it in: bodies and frames. What is too much is not refused
 * but read later, so that it waits at the client. Each node counts for itself: it is its processor and its memory that are spared.
 */
@Injectable()
export class Intake {
  private readonly bucket: TokenBucket | null;
  /** How often something had to wait. */
  private waits = 0;

  constructor({ RATE_LIMIT: isLimited }: Settings, metrics: Metrics) {
    this.bucket = isLimited ? new TokenBucket(BYTES, MAX_KEYS, undefined, MAX_DEBT_MS) : null;
    const help = 'How often a socket or a body was read later because its address had sent too many bytes';
    metrics.watchTotal('intake_waits', help, [], () => [[[], this.waits]]);
  }

  /** For a socket, which pays for each frame when it begins. @param address the client's */
  payerOf(address: string): Payer {
    const key = addressKey(address);
    return { pay: (bytes) => this.pay(key, bytes) };
  }

  /**
   * Waits until a body may be read, and pays for all of it.
   * @param address the client's
   * @throws CoreError `too_many_requests` where that would take too long
   */
  async admit(address: string, bytes: number): Promise<void> {
    const { bucket } = this;
    if (!bucket || bytes <= FREE_BYTES) return;
    const key = addressKey(address);
    const since = performance.now();
    for (let owed = bucket.debt(key); owed > 0; owed = bucket.debt(key)) {
      if (performance.now() - since + owed > MAX_WAIT_MS) {
        throw new CoreError('too_many_requests', { retryAfterSec: Math.ceil(owed / 1000) });
      }
      this.waits += 1;
      await sleep(Math.min(owed, LOOK_MS));
    }
    bucket.charge(key, bytes);
  }

  /** A body was smaller than what was paid for. */
  giveBack(address: string, bytes: number): void {
    this.bucket?.charge(addressKey(address), -bytes);
  }

  private pay(key: string, bytes: number): number {
    if (!this.bucket || bytes <= FREE_BYTES) return 0;
    this.bucket.charge(key, bytes);
    const owed = this.bucket.debt(key);
    if (owed > 0) this.waits += 1;
    return owed;
  }
}

import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import { Metrics } from '../ops/metrics.js';
import { Semaphore } from './semaphore.js';

/** Argon2id as the OWASP Password Storage Cheat Sheet asks for at least: 19 MiB, two passes, one lane. Raise, never lower. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** Argon2id and version 1.3 by their numbers (RFC 9106 §3.2): the library's enums are gone after compilation. */
const ARGON2ID = 2;
const VERSION_1_3 = 1;

/** As many hashes as there are cores: more of them at once are slower in sum and fill the thread pool that files need, too. */
const WIDTH = availableParallelism();
const MAX_WAITING = 50 * WIDTH;

/** Hashes and checks passwords, few at a time. Passwords are compared after NFC, whichever way a keyboard composed them. */
@Injectable()
export class PasswordHasher implements OnModuleInit {
  private readonly semaphore = new Semaphore(WIDTH, MAX_WAITING);
  private dummy: Promise<string> | undefined;

  constructor(metrics: Metrics) {
    metrics.watch('password_hashes_waiting', 'Passwords that wait to be hashed or checked', () => this.semaphore.queued);
  }

  /** So that the first log-in of an unknown account does not take twice as long. */
  async onModuleInit(): Promise<void> {
    await this.dummyHash();
  }

  /**
   * @returns a PHC string with a salt of its own
   * @throws CoreError `unavailable` when too many wait already
   */
  hash(password: string): Promise<string> {
    return this.semaphore.run(() => hash(password.normalize('NFC'), COST));
  }

  /**
   * Whether the password is that of `stored`. Without a stored hash the work is done all the same, against one that fits
   * nothing, so that an unknown account takes as long as a wrong password.
   * @throws CoreError `unavailable` when too many wait already
   */
  async verify(stored: string | null, password: string): Promise<boolean> {
    const against = stored ?? (await this.dummyHash());
    const fits = await this.semaphore.run(() => verify(against, password.normalize('NFC')));
    return fits && stored !== null;
  }

  /** Whether a stored hash was made with less than what new ones get. */
  needsRehash(stored: string): boolean {
    const { algorithm, version, memoryCost, timeCost } = parseOptions(stored);
    return (
      Number(algorithm) !== ARGON2ID ||
      Number(version) !== VERSION_1_3 ||
      memoryCost < COST.memoryCost ||
      timeCost < COST.timeCost
    );
  }

  private dummyHash(): Promise<string> {
    this.dummy ??= hash(randomBytes(32), COST);
    return this.dummy;
  }
}

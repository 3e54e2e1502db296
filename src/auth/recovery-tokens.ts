import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Sql, type SqlTx } from '../database/sql.js';

/** A token to hand over; it is nowhere else to be had. */
export interface IssuedRecovery {
  readonly token: string;
  /** Seconds for which it is good. */
  readonly expires_in: number;
}

/**
 * Where a token is used up. Never made from a request's `Host`, which anybody can forge: a mail would hand the token to them.
 */
export function recoveryLink({ PUBLIC_URL: url, PORT: port }: Pick<Settings, 'PUBLIC_URL' | 'PORT'>, token: string): string {
  return `${(url ?? `http://localhost:${port}`).replace(/\/+$/, '')}/recover?token=${token}`;
}

/** Whom a token is for. */
export interface RecoveryOwner {
  readonly id: number;
  readonly username: string;
  readonly email: string | null;
}

const BYTES = 32;
const FORMAT = /^[\w-]{43}$/;

const ISSUE = `
  INSERT INTO recovery_tokens (user_id, hash, expires_at) VALUES ($1, $2, now() + $3 * interval '1 second')
  ON CONFLICT (user_id) DO UPDATE SET hash = EXCLUDED.hash, expires_at = EXCLUDED.expires_at, created_at = now(), spent_at = NULL`;

const FIND = `
  SELECT users.id, username, email FROM recovery_tokens JOIN users ON users.id = user_id
  WHERE hash = $1 AND expires_at > now() AND spent_at IS NULL`;

const FIND_SPENT = 'SELECT user_id FROM recovery_tokens WHERE hash = $1 AND spent_at > now() - make_interval(secs => $2)';

const CONSUME = `
  UPDATE recovery_tokens SET spent_at = clock_timestamp()
  WHERE user_id = $1 AND hash = $2 AND expires_at > clock_timestamp() AND spent_at IS NULL`;

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/**
 * One-time tokens of 256 random bits, at most one per account: a newer one takes the place of the older. Only their hashes
 * are stored; a plain SHA-256 will do, since nobody can try 2^256 tokens.
 */
@Injectable()
export class RecoveryTokens {
  constructor(
    private readonly sql: Sql,
    private readonly settings: Settings,
  ) {}

  /** The account's row has to be locked in `tx`: whoever locks it first never waits for a token that waits for it. */
  async issue(tx: SqlTx, userId: number): Promise<IssuedRecovery> {
    const token = randomBytes(BYTES).toString('base64url');
    await tx.affected(ISSUE, [userId, hashOf(token), this.settings.RECOVERY_TTL]);
    return { token, expires_in: this.settings.RECOVERY_TTL };
  }

  /** Whom the token is for, if it is good as of now. It stays good. */
  async find(token: string): Promise<RecoveryOwner | null> {
    if (!FORMAT.test(token)) return null;
    const [owner] = await this.sql.rows<RecoveryOwner>(FIND, [hashOf(token)], 'find-recovery');
    return owner ?? null;
  }

  /** Whose token it was that was used up within LOST_ANSWER_SEC. */
  async findSpent(token: string): Promise<number | null> {
    if (!FORMAT.test(token)) return null;
    const [spent] = await this.sql.rows<{ user_id: number }>(FIND_SPENT, [hashOf(token), this.settings.LOST_ANSWER_SEC]);
    return spent?.user_id ?? null;
  }

  /** Uses the token up; @returns whether it was still good. Of several who try at once one succeeds. The account's row has to be locked. */
  async consume(tx: SqlTx, userId: number, token: string): Promise<boolean> {
    return (await tx.affected(CONSUME, [userId, hashOf(token)])) === 1;
  }

  /** Makes whatever token the account has worthless. */
  async end(tx: SqlTx, userId: number): Promise<void> {
    await tx.affected('DELETE FROM recovery_tokens WHERE user_id = $1', [userId]);
  }
}

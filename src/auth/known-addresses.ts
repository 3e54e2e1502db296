import { Injectable } from '@nestjs/common';
import { ReservedSql } from '../database/sql.js';
import { addressKey } from '../ops/address-key.js';

/** Plan: Index Scan using sessions_user_id_created_at_idx. */
const KNOWN_ADDRESSES = `
  SELECT DISTINCT ip FROM sessions WHERE user_id = $1 AND created_at > now() - interval '30 days' LIMIT 1000`;

/** No account has this id. */
const NOBODY = -1;

/** The client addresses from which accounts logged in within 30 days: their owners' own, as far as the server can tell. */
@Injectable()
export class KnownAddresses {
  constructor(private readonly sql: ReservedSql) {}

  /**
   * Whether the account logged in from the address. Takes as long where there is no account.
   * @param from as `addressKey` gives it
   */
  async has(userId: number | null, from: string): Promise<boolean> {
    const rows = await this.sql.rows<{ ip: string }>(KNOWN_ADDRESSES, [userId ?? NOBODY]);
    return rows.some(({ ip }) => addressKey(ip) === from);
  }
}

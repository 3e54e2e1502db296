import { Injectable } from '@nestjs/common';
import { Batcher } from '../database/batcher.js';
import { Sql } from '../database/sql.js';

/** So many client ids are remembered of a user: clients that make a new one for every connection must not fill the table. */
const MAX_LINKS = 1000;

interface Link {
  readonly userId: number;
  readonly clientId: string;
}

/** A client id that a user has connected by. */
export interface ClientLink {
  readonly clientId: string;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
}

/*
 * The accounts are locked first, as the foreign key would lock them, in the order of their ids: an account that is removed at the
 * same time is waited for and then left out, instead of failing the whole statement, and nobody's lock crosses another's.
 */
const SEEN = `
  WITH present AS MATERIALIZED (
    SELECT id FROM users WHERE id = ANY($1::bigint[]) ORDER BY id FOR KEY SHARE
  )
  INSERT INTO client_links AS link (user_id, client_id)
  SELECT DISTINCT given.user_id, given.client_id FROM unnest($1::bigint[], $2::text[]) AS given(user_id, client_id)
    JOIN present ON present.id = given.user_id
  ON CONFLICT (user_id, client_id) DO UPDATE SET last_seen = now()
  RETURNING user_id, (xmax = 0) AS is_new`;

const PRUNE = `
  DELETE FROM client_links USING (
    SELECT user_id, client_id FROM client_links WHERE user_id = $1 ORDER BY last_seen DESC OFFSET ${MAX_LINKS}
  ) AS old
  WHERE client_links.user_id = old.user_id AND client_links.client_id = old.client_id`;

const LIST = `
  SELECT client_id AS "clientId", first_seen AS "firstSeen", last_seen AS "lastSeen"
  FROM client_links WHERE user_id = $1 ORDER BY last_seen DESC, client_id LIMIT ${MAX_LINKS}`;

/** The stored link between users and the ids their clients give themselves. */
@Injectable()
export class ClientLinks {
  private readonly writes = new Batcher<Link, void>({ run: (links) => this.write(links), maxBatch: 500, maxQueued: 10_000 });

  constructor(private readonly sql: Sql) {}

  /** The user is there by this id now. Many at once (a server that comes back) are one statement. */
  seen(userId: number, clientId: string): Promise<void> {
    return this.writes.add({ userId, clientId });
  }

  private async write(links: readonly Link[]): Promise<undefined[]> {
    const values = [links.map(({ userId }) => userId), links.map(({ clientId }) => clientId)];
    const written = await this.sql.rows<{ user_id: number; is_new: boolean }>(SEEN, values, 'client_links.seen');
    const grown = new Set(written.filter((row) => row.is_new).map((row) => row.user_id));
    for (const userId of grown) await this.sql.rows(PRUNE, [userId], 'client_links.prune');
    return links.map(() => undefined);
  }

  /** Newest first, at most 1000. */
  list(userId: number): Promise<ClientLink[]> {
    return this.sql.rows<ClientLink>(LIST, [userId], 'client_links.list');
  }
}

import { Injectable } from '@nestjs/common';
import { Sql } from '../../database/sql.js';
import { CoreError } from '../../errors/catalogue.js';
import type { Connection } from '../../realtime/connection.js';
import { UsersService } from '../../users/users.service.js';
import { cursorOf, type Place, placeOf } from '../cursors.js';
import { unlessRefused } from '../refusals.js';
import { Consents } from './consents.js';
import { BLOCK_USER, BLOCKS_PAGE, SET_PRIVACY, UNBLOCK_USER } from './contacts.sql.js';
import { UserEvents } from './user-events.js';

/** A user whom another one has blocked. */
export interface BlockedUser {
  readonly user_id: number;
  readonly username: string;
  readonly created_at: string;
}

export interface BlockedPage {
  readonly blocked: readonly BlockedUser[];
  /** Where the next page begins; null after the last. */
  readonly next_cursor: string | null;
}

export interface Privacy {
  readonly share_presence: boolean;
}

type BlockedRow = Omit<BlockedUser, 'created_at'> & { readonly created_at: Date };

const blockedOf = ({ user_id, username, created_at }: BlockedRow): BlockedUser => ({
  user_id,
  username,
  created_at: created_at.toISOString(),
});

/** Whom users block, and what they share. Each change is in force on this node when it is answered, and within a second on all. */
@Injectable()
export class ContactsService {
  constructor(
    private readonly sql: Sql,
    private readonly users: UsersService,
    private readonly consents: Consents,
    private readonly events: UserEvents,
  ) {}

  /**
   * Blocks a user, who does not notice; once more changes nothing.
   * @param except the connection that is answered instead of told
   * @throws CoreError `not_found`; `conflict` where the user has blocked too many
   */
  async block(userId: number, blockedId: number, except: Connection | null): Promise<BlockedUser> {
    const [row] = await unlessRefused(this.sql.rows<{ created_at: Date }>(BLOCK_USER, [userId, blockedId]));
    if (!row) throw new Error('block_user returned no row');
    await this.consents.refresh(userId);
    const user = await this.users.find(blockedId);
    const blocked = blockedOf({ user_id: blockedId, username: user?.username ?? 'deleted user', created_at: row.created_at });
    this.events.publish(userId, { domain: 'contacts', event: 'blocked', data: blocked }, except);
    return blocked;
  }

  /** Ends a block; where there is none, nothing happens. */
  async unblock(userId: number, blockedId: number, except: Connection | null): Promise<void> {
    if ((await this.sql.affected(UNBLOCK_USER, [userId, blockedId])) === 0) return;
    await this.consents.refresh(userId);
    this.events.publish(userId, { domain: 'contacts', event: 'unblocked', data: { user_id: blockedId } }, except);
  }

  /** Whom a user has blocked, the newest first. @param cursor `next_cursor` of the page before */
  async blocked(userId: number, limit: number, cursor: string | null): Promise<BlockedPage> {
    const [at, id]: Place | [null, null] = cursor === null ? [null, null] : placeOf(cursor, 'contacts.blocked');
    const rows = await this.sql.rows<BlockedRow>(BLOCKS_PAGE, [userId, limit + 1, at, id]);
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return { blocked: page.map(blockedOf), next_cursor: last ? cursorOf(last.created_at, last.user_id) : null };
  }

  async privacy(userId: number): Promise<Privacy> {
    return { share_presence: (await this.consents.of(userId)).sharesPresence };
  }

  /** @param except the connection that is answered instead of told */
  async setPrivacy(userId: number, privacy: Privacy, except: Connection | null): Promise<Privacy> {
    const { share_presence } = privacy;
    if ((await this.sql.affected(SET_PRIVACY, [userId, share_presence])) > 0) {
      await this.consents.refresh(userId);
      this.events.publish(userId, { domain: 'contacts', event: 'privacy', data: { share_presence } }, except);
    }
    return { share_presence };
  }

  /**
   * The id of a user whom somebody names by id or by user name.
   * @throws CoreError `not_found` where nobody has the name
   */
  async idOf({ id, name }: { readonly id: number | null; readonly name: string | null }): Promise<number> {
    if (id !== null) return id;
    const [user] = await this.users.findActiveByNames([name ?? '']);
    if (!user) throw new CoreError('not_found');
    return user.id;
  }
}

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, MoreThan, type Repository } from 'typeorm';
import { Settings } from '../config/settings.js';
import { ReservedSql, type SqlTx } from '../database/sql.js';
import { CoreError } from '../errors/catalogue.js';
import type { LiveSession, Origin } from '../identity/identity.js';
import { printTime } from '../identity/print-time.js';
import type { User } from '../users/user.entity.js';
import { LiveSessions } from './live-sessions.js';
import { Session } from './session.entity.js';
import { type OpenOrder, SessionWriter, type WrittenSession } from './session-writer.js';
import { END_ALL, END_BY_TOKEN, END_ONE, type EndedRow, NOTE_ENDED, type PresentedRow } from './sessions.sql.js';
import { SessionTokenReader } from './token-reader.js';
import { AccessTokens } from './tokens.js';

/** Why a session was ended before its time. */
export type RevocationReason =
  | 'logout'
  | 'refresh_reuse'
  | 'password_changed'
  | 'password_reset'
  | 'deactivated'
  | 'suspended'
  | 'deleted'
  | 'ended_by_user'
  | 'ended_by_superuser';

/** What a log-in or a refresh gives to the client. */
export interface IssuedTokens {
  /** The access token. */
  readonly token: string;
  readonly refreshToken: string | null;
  /** Seconds for which the access token is good. */
  readonly expiresIn: number;
  readonly session: LiveSession;
}

/** A session as clients see it; all times in UTC. */
export interface SessionRecord {
  readonly id: string;
  readonly protocol: string;
  readonly ip: string;
  readonly user_agent: string | null;
  readonly created_at: string;
  readonly last_used_at: string;
  readonly expires_at: string;
}

/** Of every route that refreshes. */
export const GOOD_ONCE = [
  'A refresh token is good once. If the answer was lost, send the same token again within LOST_ANSWER_SEC (10 s): it gets another',
  'successor, and the one before is worthless. A use that arrives before the answer to the first has left is refused; the session goes on.',
  'Any other second use ends the session.',
].join(' ');

/** The most sessions that are listed, newest first. */
const MAX_LISTED = 1_000;
/** Refresh tokens as we make them: 256 bits in base64url, in their only spelling. */
const REFRESH_TOKEN = /^[\w-]{42}[AEIMQUYcgkosw048]$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const newRefreshToken = (): string => randomBytes(32).toString('base64url');
const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Opens, prolongs, lists and ends sessions. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly writer: SessionWriter,
    private readonly sql: ReservedSql,
    private readonly live: LiveSessions,
    private readonly access: AccessTokens,
    private readonly reader: SessionTokenReader,
    private readonly settings: Settings,
    @InjectRepository(Session) private readonly sessions: Repository<Session>,
  ) {}

  /**
   * Opens a session for a user whose password has just been verified, or who has just been made.
   * @param options.refresh with a refresh token, the access token lives ACCESS_TOKEN_TTL, else as long as the session
   * @throws CoreError `wrong_credentials` where the user was changed meanwhile, so that what was verified no longer holds
   */
  async open(
    user: Pick<User, 'id' | 'passwordHash'>,
    origin: Origin,
    options: { readonly refresh: boolean },
  ): Promise<IssuedTokens> {
    const refreshToken = options.refresh ? newRefreshToken() : null;
    const order: OpenOrder = {
      id: randomUUID(),
      userId: user.id,
      passwordHash: user.passwordHash,
      refreshHash: refreshToken === null ? null : hashOf(refreshToken),
      origin,
    };
    return this.issue(await this.writer.open(order), refreshToken);
  }

  /**
   * Exchanges a refresh token for new tokens. The rules for a second use are those of `ROTATE_TOKENS`.
   * @throws CoreError `bad_refresh_token`, `unavailable`
   */
  async rotate(refreshToken: string, origin: Origin): Promise<IssuedTokens> {
    if (!REFRESH_TOKEN.test(refreshToken)) throw new CoreError('bad_refresh_token');
    const next = newRefreshToken();
    return this.issue(await this.writer.rotate({ hash: hashOf(refreshToken), next: hashOf(next), origin }), next);
  }

  /**
   * Logs out by refresh token.
   * @param ofUser the user whose session alone is ended; null: anybody's
   * @returns `over`: its session is over, by this or before. `another`: it is another user's, and goes on. `unknown`: it opens nothing.
   */
  async end(refreshToken: string, origin: Origin, ofUser: number | null = null): Promise<'over' | 'another' | 'unknown'> {
    if (!REFRESH_TOKEN.test(refreshToken)) return 'unknown';
    const values = [hashOf(refreshToken), ...placeOf(origin), ofUser];
    const [presented] = await this.sql.rows<PresentedRow>(END_BY_TOKEN, values, 'sessions.end_by_token');
    if (!presented) return 'unknown';
    if (presented.is_ended) this.live.invalidateSessions([presented.id]);
    return ofUser === null || presented.user_id === ofUser ? 'over' : 'another';
  }

  /**
   * Ends one session, whosever it is.
   * @param by who ends it; null for the server's owner
   * @returns false where there is no such session, or it is over already
   */
  revoke(sessionId: string, reason: RevocationReason, by: LiveSession | null, origin: Origin): Promise<boolean> {
    return this.endOne(sessionId, null, reason, by, origin);
  }

  /** As `revoke`, for a session that has to be this user's. */
  revokeOf(
    userId: number,
    sessionId: string,
    reason: RevocationReason,
    by: Pick<LiveSession, 'userId'> | null,
    origin: Origin,
  ): Promise<boolean> {
    return this.endOne(sessionId, userId, reason, by, origin);
  }

  /** Ends all sessions of a user. @returns how many */
  async revokeAll(userId: number, reason: RevocationReason, by: LiveSession | null, origin: Origin): Promise<number> {
    const ids = await this.sql.transaction(async (tx) => {
      const ended = await this.revokeAllIn(tx, userId, reason);
      const details = JSON.stringify({ reason, sessions: ended.length });
      await tx.rows(NOTE_ENDED, [by?.userId ?? null, userId, ...placeOf(origin), details]);
      return ended;
    });
    this.live.invalidateSessions(ids);
    return ids.length;
  }

  /**
   * Ends all sessions of a user in a transaction of the caller, who has changed the row of the user in it before (so that no
   * session is opened meanwhile), and calls `LiveSessions.invalidateSessions` with the result after the commit.
   * @param exceptSessionId a session that goes on
   */
  async revokeAllIn(tx: SqlTx, userId: number, reason: RevocationReason, exceptSessionId?: string): Promise<string[]> {
    const ended = await tx.rows<EndedRow>(END_ALL, [userId, reason, exceptSessionId ?? null]);
    return ended.map(({ id }) => id);
  }

  /** The user's sessions that are alive, newest first, at most 1000. */
  async list(userId: number): Promise<SessionRecord[]> {
    const sessions = await this.sessions.find({
      where: { userId, revokedAt: IsNull(), expiresAt: MoreThan(new Date()) },
      order: { createdAt: 'DESC', id: 'ASC' },
      take: MAX_LISTED,
    });
    return sessions.map(recordOf);
  }

  private async endOne(
    id: string,
    userId: number | null,
    reason: RevocationReason,
    by: Pick<LiveSession, 'userId'> | null,
    origin: Origin,
  ): Promise<boolean> {
    if (!UUID.test(id)) return false;
    const action = reason === 'logout' ? 'logout' : 'sessions_revoked';
    const values = [id, userId, reason, action, by?.userId ?? null, ...placeOf(origin)];
    const ended = await this.sql.rows<EndedRow>(END_ONE, values, 'sessions.end_one');
    this.live.invalidateSessions(ended.map((row) => row.id));
    return ended.length > 0;
  }

  private issue({ session, expiresAt, generation }: WrittenSession, refreshToken: string | null): IssuedTokens {
    const { ACCESS_TOKEN_TTL, SESSION_TTL } = this.settings;
    const lifetime = refreshToken === null ? SESSION_TTL : ACCESS_TOKEN_TTL;
    const signed = this.access.sign({ id: session.id, userId: session.userId, expiresAt, generation }, lifetime);
    this.reader.remember(signed.token, { session, expiresAt: signed.expiresAt, generation });
    return { token: signed.token, refreshToken, expiresIn: signed.expiresIn, session };
  }
}

/** Protocol, address and user agent, as the audit log keeps them. */
const placeOf = ({ protocol, address, userAgent }: Origin): [string, string, string | null] => [protocol, address, userAgent];

function recordOf(session: Session): SessionRecord {
  const { id, protocol, ip, userAgent, createdAt, lastUsedAt, expiresAt } = session;
  return {
    id,
    protocol,
    ip,
    user_agent: userAgent,
    created_at: printTime(createdAt),
    last_used_at: printTime(lastUsedAt),
    expires_at: printTime(expiresAt),
  };
}

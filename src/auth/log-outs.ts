import { Injectable } from '@nestjs/common';
import { CoreError } from '../errors/catalogue.js';
import type { Origin } from '../identity/identity.js';
import { SessionsService } from './sessions.service.js';
import { AccessTokens } from './tokens.js';

/** Ends the sessions of the tokens that somebody presents to log out. */
@Injectable()
export class LogOuts {
  constructor(
    private readonly sessions: SessionsService,
    private readonly access: AccessTokens,
  ) {}

  /**
   * For clients that say which tokens they mean. What opens nothing any more is passed over.
   * @param accessToken null where none was presented
   */
  async end(refreshToken: string, accessToken: string | null, origin: Origin): Promise<void> {
    if (accessToken !== null) await this.endAccess(accessToken, origin);
    await this.sessions.end(refreshToken, origin);
  }

  /**
   * For browsers, which send the cookie along by themselves: it may be that of another account, which has logged in in another tab. So the
   * session of the access token is ended, and that of the cookie if it is the same user's. The access token may have run out.
   * @param cookie null where none was presented
   * @param accessToken null where none was presented: then the cookie counts, whosever it is
   * @returns whether the cookie is worthless now
   * @throws CoreError `bad_refresh_token` where neither was presented, `not_authenticated` where the access token is none of ours, or
   * its session was over and the cookie is not of the same user; `unavailable`
   */
  async endWithCookie(cookie: string | null, accessToken: string | null, origin: Origin): Promise<boolean> {
    if (accessToken === null) {
      if (cookie === null) throw new CoreError('bad_refresh_token');
      await this.sessions.end(cookie, origin);
      return true;
    }
    const presented = await this.endAccess(accessToken, origin);
    if (!presented) throw new CoreError('not_authenticated');
    const outcome = cookie === null ? 'unknown' : await this.sessions.end(cookie, origin, presented.userId);
    if (!presented.isEnded && outcome !== 'over') throw new CoreError('not_authenticated');
    return cookie !== null && outcome !== 'another';
  }

  private async endAccess(token: string, origin: Origin): Promise<{ userId: number; isEnded: boolean } | null> {
    const claims = await this.access.read(token);
    if (!claims) return null;
    const { userId, sessionId } = claims;
    return { userId, isEnded: await this.sessions.revokeOf(userId, sessionId, 'logout', { userId }, origin) };
  }
}

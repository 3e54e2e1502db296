/**
 * A session as this node knows it: ONE object per session, shared by every token, request and socket that uses it, so
 * that a change of state reaches all of them by a field read.
 */
export interface LiveSession {
  readonly id: string;
  readonly userId: number;
  /** The protocol that opened it. */
  readonly protocol: string;
  username: string;
  isSuperuser: boolean;
  /** Unix milliseconds after which the session is over. */
  expiresAt: number;
  /** `live`: as in the database. `stale`: something changed, read it again before use. `dead`: revoked, expired or gone. */
  state: 'live' | 'stale' | 'dead';
  /** Generations of its tokens that are worthless: they were replaced before anybody used them. Ascending, at most `MAX_LOST`. */
  lostGenerations: readonly number[];
}

/** How many lost generations a session remembers. */
export const MAX_LOST = 32;

/** Who a good token stands for. */
export interface Identity {
  readonly session: LiveSession;
  /** Unix milliseconds after which the token itself is no longer good. */
  readonly expiresAt: number;
  /** Which of the session's refresh tokens it was issued with; 0 for the first, and where there is none. */
  readonly generation: number;
}

/**
 * Whether a token has ended: its session, the token itself, or the refresh token it was issued with.
 * @param now Unix milliseconds
 */
export function isOver({ session, expiresAt, generation }: Identity, now: number): boolean {
  return session.state === 'dead' || expiresAt <= now || isLost(session, generation);
}

function isLost({ lostGenerations: lost }: LiveSession, generation: number): boolean {
  if (lost.length === 0) return false;
  // Of what no longer fits into the list nothing is known: it counts as lost.
  return lost.includes(generation) || (lost.length >= MAX_LOST && generation < (lost[0] ?? 0));
}

/** From where and through what somebody asks; kept with sessions and audit rows. */
export interface Origin {
  /** The protocol that was spoken. */
  readonly protocol: string;
  /** The client's address as TRUST_PROXY lets us believe it. */
  readonly address: string;
  readonly userAgent: string | null;
}

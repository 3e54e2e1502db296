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
}

/** Who a good token stands for. */
export interface Identity {
  readonly session: LiveSession;
  /** Unix milliseconds after which the token itself is no longer good. */
  readonly expiresAt: number;
}

/** From where and through what somebody asks; kept with sessions and audit rows. */
export interface Origin {
  /** The protocol that was spoken. */
  readonly protocol: string;
  /** The client's address as TRUST_PROXY lets us believe it. */
  readonly address: string;
  readonly userAgent: string | null;
}

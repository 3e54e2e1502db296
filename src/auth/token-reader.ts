import { Injectable } from '@nestjs/common';
import { coreErrorOf } from '../errors/core-error-of.js';
import { type Identity, isOver } from '../identity/identity.js';
import { TokenReader } from '../realtime/ports.js';
import { LastUse } from './last-use.js';
import { type KnownSession, LiveSessions } from './live-sessions.js';
import { SigningKeys } from './signing-keys.js';
import { AccessTokens, type Claims } from './tokens.js';

/** Verified tokens that are remembered; beyond that the oldest is forgotten and verified again when it comes back. */
const MAX_TOKENS = 50_000;
/** Milliseconds of use after which `last_used_at` is due again. */
const NOTE_EVERY_MS = 60_000;

interface KnownIdentity extends Identity {
  readonly session: KnownSession;
}

/**
 * Who a token stands for. That we signed it is remembered with the token; that its session is alive is a field of the one
 * object that all tokens of the session share. So a token that was seen before costs a look into a map, and nothing else.
 */
@Injectable()
export class SessionTokenReader extends TokenReader {
  private readonly tokens = new Map<string, KnownIdentity>();

  constructor(
    private readonly access: AccessTokens,
    private readonly live: LiveSessions,
    private readonly lastUse: LastUse,
    keys: SigningKeys,
  ) {
    super();
    keys.onWithdrawn(() => this.tokens.clear());
  }

  identify(token: string): Identity | null | Promise<Identity | null> {
    const known = this.tokens.get(token);
    if (known === undefined) return this.verify(token);
    const now = Date.now();
    const { session } = known;
    if (isOver(known, now)) {
      this.tokens.delete(token);
      return null;
    }
    if (session.state === 'stale') return this.bind(token, { ...known, sessionId: session.id, userId: session.userId });
    if (now - session.notedAt >= NOTE_EVERY_MS) this.lastUse.note(session, now);
    return known;
  }

  /** Remembers a token that was just signed, so that its first use costs no more than the second. */
  remember(token: string, { session, expiresAt, generation }: KnownIdentity): void {
    this.tokens.set(token, { session, expiresAt: Math.min(expiresAt, session.expiresAt), generation });
    if (this.tokens.size <= MAX_TOKENS) return;
    for (const oldest of this.tokens.keys()) {
      this.tokens.delete(oldest);
      return;
    }
  }

  private verify(token: string): null | Promise<Identity | null> {
    const claims = this.access.verify(token);
    if (claims === null) return null;
    return this.identifyClaims(token, claims);
  }

  private async identifyClaims(token: string, verified: Claims | Promise<Claims | null>): Promise<Identity | null> {
    const claims = await verified;
    return claims && this.bind(token, claims);
  }

  /** Puts a verified token together with its session, as remembered or, where that will not do, as the database has it. */
  private async bind(token: string, { expiresAt, sessionId, userId, generation }: Claims): Promise<Identity | null> {
    const session = await this.sessionFor(sessionId, expiresAt);
    if (!session || session.userId !== userId) return null;
    const identity: KnownIdentity = { session, expiresAt: Math.min(expiresAt, session.expiresAt), generation };
    if (isOver(identity, Date.now())) return null;
    this.remember(token, { ...identity, expiresAt });
    if (Date.now() - session.notedAt >= NOTE_EVERY_MS) this.lastUse.note(session, Date.now());
    return identity;
  }

  private async sessionFor(id: string, tokenExpiresAt: number): Promise<KnownSession | null> {
    const known = this.live.find(id);
    // A token that outlives the session as we know it was made after another node had prolonged the session.
    if (known && tokenExpiresAt <= known.expiresAt) return known;
    try {
      return await this.live.load(id);
    } catch (thrown) {
      throw coreErrorOf(thrown);
    }
  }
}

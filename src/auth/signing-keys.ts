import type { KeyObject } from 'node:crypto';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Settings } from '../config/settings.js';
import { Notifications } from '../database/notifications.js';
import { Sql, type SqlTx } from '../database/sql.js';
import type { Origin } from '../identity/identity.js';
import { printTime } from '../identity/print-time.js';
import { AppSecret, AppSecretError } from './app-secret.js';
import { Audit } from './audit.js';
import { ALGORITHM, makeKeyPair, type PublicJwk, publicKeyOf, seal, unseal } from './key-pair.js';

export const ISSUER = 'switchboard';
export const AUDIENCE = 'switchboard';
/** The media type of access tokens (RFC 9068 §2.1): no other kind of JWT can be mistaken for one. */
export const TOKEN_TYPE = 'at+jwt';

/** What the key that seals signing keys is derived for. */
export const SEALING_PURPOSE = 'switchboard signing keys';
/** The advisory lock under which keys are made and retired; any number will do as long as it never changes. */
const KEY_LOCK = 7_264_310_952;
/** An unknown `kid` makes us look into the table no more often than this, whoever sends how many. */
const LOOK_MS = 1_000;

/** What verifies. Its `KeyObject` is made once: a PEM would be parsed at every use, for a third of a millisecond. */
export interface Verifier {
  readonly jwk: PublicJwk;
  readonly publicKey: KeyObject;
  readonly jwt: JwtService;
}

/** What signs; its `KeyObject`, too, is made once. */
interface Signer {
  readonly kid: string;
  readonly jwt: JwtService;
}

/** A key as the owner of the server sees it; all times in UTC. */
export interface KeyRecord {
  readonly kid: string;
  readonly alg: string;
  /** Whether it signs new tokens. Any other only verifies the ones it has signed. */
  readonly is_active: boolean;
  readonly created_at: string;
  readonly retired_at: string | null;
  /** When the last of its tokens has run out, and it may be deleted; null for the active one. */
  readonly verifies_until: string | null;
}

interface KeyRow {
  readonly kid: string;
  readonly public_jwk: PublicJwk;
  readonly sealed_private: Buffer;
  readonly is_active: boolean;
}

interface ListedRow extends Pick<KeyRecord, 'kid' | 'alg' | 'is_active'> {
  readonly created_at: Date;
  readonly retired_at: Date | null;
  readonly verifies_until: Date | null;
}

/** Newest first; `$1` is how many seconds a retired key still verifies. */
const READ = `
  SELECT kid, public_jwk, sealed_private, retired_at IS NULL AS is_active
  FROM signing_keys
  WHERE retired_at IS NULL OR retired_at > now() - make_interval(secs => $1)
  ORDER BY created_at DESC, kid`;
/** As `READ`, for people. */
const LIST = `
  SELECT kid, alg, retired_at IS NULL AS is_active, created_at, retired_at,
    retired_at + make_interval(secs => $1) AS verifies_until
  FROM signing_keys
  WHERE retired_at IS NULL OR retired_at > now() - make_interval(secs => $1)
  ORDER BY created_at DESC, kid`;
const ADD = 'INSERT INTO signing_keys (kid, alg, public_jwk, sealed_private) VALUES ($1, $2, $3, $4)';
// A retired key only verifies: its private half is gone for good.
const RETIRE = `UPDATE signing_keys SET retired_at = now(), sealed_private = '' WHERE retired_at IS NULL RETURNING kid`;
const RESEAL = 'UPDATE signing_keys SET sealed_private = $2 WHERE kid = $1';
const PURGE = 'DELETE FROM signing_keys WHERE retired_at < now() - make_interval(secs => $1)';

/** The keys of access tokens: kept in the database, sealed under APP_SECRET, the same on every node. */
@Injectable()
export class SigningKeys implements OnModuleInit, BeforeApplicationShutdown {
  private readonly log = new Logger('SigningKeys');
  private readonly sealingKey: Buffer;
  /** Of the secret before, while it is being changed. */
  private readonly previousKey: Buffer | undefined;
  /** Seconds for which tokens of a retired key may still be about. */
  private readonly verifySec: number;
  private keys: ReadonlyMap<string, Verifier> = new Map();
  private signer: Signer | undefined;
  private loading: Promise<void> | undefined;
  /** When an unknown `kid` was last looked for, in monotonic milliseconds. */
  private lookedAt = Number.NEGATIVE_INFINITY;
  private readonly endings: (() => void)[] = [];
  private readonly withdrawnHandlers = new Set<() => void>();

  constructor(
    private readonly sql: Sql,
    private readonly notifications: Notifications,
    private readonly audit: Audit,
    secret: AppSecret,
    settings: Settings,
  ) {
    this.sealingKey = secret.keyFor(SEALING_PURPOSE);
    this.previousKey = secret.previousKeyFor(SEALING_PURPOSE);
    this.verifySec = Math.max(settings.SESSION_TTL, settings.ACCESS_TOKEN_TTL);
  }

  /**
   * Loads the keys and makes the first one where there is none.
   * @throws AppSecretError where the active key was sealed under another secret
   */
  async onModuleInit(): Promise<void> {
    this.endings.push(
      this.notifications.on('keys', () => void this.reload()),
      this.notifications.onRestored(() => void this.reload()),
    );
    await this.sql.transaction(async (tx) => {
      await lock(tx);
      const rows = await tx.rows<KeyRow>(READ, [this.verifySec]);
      if (!rows.some((row) => row.is_active)) await this.add(tx);
    });
    await this.load();
    if (!this.signer) {
      throw new AppSecretError(
        'APP_SECRET is not the secret under which the signing keys of this database were sealed; give it that one, or give that one as PREVIOUS_APP_SECRET.',
      );
    }
  }

  /** What is told from now on would be read from a database that is being let go of. */
  async beforeApplicationShutdown(): Promise<void> {
    for (const end of this.endings) end();
    await this.loading;
  }

  /** What signs new tokens. */
  get active(): Signer {
    if (!this.signer) throw new Error('The signing keys are not loaded');
    return this.signer;
  }

  /** What verifies tokens of this `kid`; undefined where none is known. */
  find(kid: string): Verifier | undefined {
    return this.keys.get(kid);
  }

  /**
   * As `find`, but looks into the table first: another node may just have made the key. Anybody can name a key that does not exist, so it
   * is not looked for again within a moment; that something else was read then is no reason, since that may have been before the key.
   */
  async discover(kid: string): Promise<Verifier | undefined> {
    const now = performance.now();
    if (now - this.lookedAt >= LOOK_MS) {
      this.lookedAt = now;
      await this.reload();
    } else {
      await this.loading;
    }
    return this.keys.get(kid);
  }

  /** The public keys, for whoever verifies our tokens elsewhere (RFC 7517 §5). */
  jwks(): { readonly keys: readonly PublicJwk[] } {
    return { keys: [...this.keys.values()].map(({ jwk }) => jwk) };
  }

  /** Every key that still verifies, newest first, as of now. */
  async list(): Promise<KeyRecord[]> {
    const rows = await this.sql.rows<ListedRow>(LIST, [this.verifySec]);
    return rows.map((row) => ({
      ...row,
      created_at: printTime(row.created_at),
      retired_at: row.retired_at && printTime(row.retired_at),
      verifies_until: row.verifies_until && printTime(row.verifies_until),
    }));
  }

  /** Calls `handler` when a key has gone: what it had verified is no longer good. */
  onWithdrawn(handler: () => void): void {
    this.withdrawnHandlers.add(handler);
  }

  /**
   * Makes a new active key and retires the one before, which still verifies until every token it signed has run out.
   * @param origin from where the owner of the server asks for it
   * @returns the new key's `kid`
   */
  async rotate(origin: Origin | null = null): Promise<string> {
    const kid = await this.sql.transaction(async (tx) => {
      await lock(tx);
      const retired = await tx.rows<{ kid: string }>(RETIRE);
      const added = await this.add(tx);
      const details = { kid: added, retired: retired.map((row) => row.kid).join(' ') };
      await this.audit.write(tx, { action: 'key_rotated', actorId: null, userId: null, origin, details });
      return added;
    });
    await this.load();
    return kid;
  }

  /**
   * Seals the key that signs under APP_SECRET, where it is sealed under PREVIOUS_APP_SECRET. Nothing else changes: nobody is logged out.
   * @returns whether there was anything to do
   * @throws AppSecretError where neither opens it
   */
  async reseal(): Promise<boolean> {
    return this.sql.transaction(async (tx) => {
      await lock(tx);
      const row = (await tx.rows<KeyRow>(READ, [this.verifySec])).find(({ is_active }) => is_active);
      if (!row || unseal(row.sealed_private, row.kid, this.sealingKey)) return false;
      const privateKey = this.open(row);
      if (!privateKey) throw new AppSecretError('Neither APP_SECRET nor PREVIOUS_APP_SECRET opens the key that signs.');
      await tx.affected(RESEAL, [row.kid, seal(privateKey, row.kid, this.sealingKey)]);
      return true;
    });
  }

  /** Deletes retired keys that no token can still name. @returns how many */
  purge(): Promise<number> {
    return this.sql.affected(PURGE, [this.verifySec]);
  }

  private open({ sealed_private: sealed, kid }: KeyRow): KeyObject | undefined {
    return unseal(sealed, kid, this.sealingKey) ?? (this.previousKey && unseal(sealed, kid, this.previousKey));
  }

  private async add(tx: SqlTx): Promise<string> {
    const { jwk, privateKey } = makeKeyPair();
    await tx.rows(ADD, [jwk.kid, ALGORITHM, JSON.stringify(jwk), seal(privateKey, jwk.kid, this.sealingKey)]);
    return jwk.kid;
  }

  /** Never rejects: what cannot be read now is read at the next cause, and what is known stays good meanwhile. */
  private reload(): Promise<void> {
    const load = () =>
      this.load().catch((thrown: unknown) => this.log.warn(`The signing keys cannot be read: ${String(thrown)}`));
    // A load that is under way may have read before the change it is told of now.
    const next = (this.loading ?? Promise.resolve()).then(load);
    const done = next.finally(() => {
      if (this.loading === done) this.loading = undefined;
    });
    this.loading = done;
    return done;
  }

  private async load(): Promise<void> {
    const rows = await this.sql.rows<KeyRow>(READ, [this.verifySec], 'signing_keys.read');
    const before = this.keys;
    this.keys = new Map(rows.map((row) => [row.kid, before.get(row.kid) ?? verifierOf(row)]));
    this.signer = this.signerOf(rows) ?? this.signer;
    if ([...before.keys()].some((kid) => !this.keys.has(kid))) for (const tell of this.withdrawnHandlers) tell();
  }

  private signerOf(rows: readonly KeyRow[]): Signer | undefined {
    const row = rows.find(({ is_active }) => is_active);
    if (!row) return undefined;
    if (this.signer?.kid === row.kid) return this.signer;
    const privateKey = this.open(row);
    if (!privateKey) {
      // The beginning only: the whole id has the shape of a secret, and would be redacted.
      this.log.error(`The signing key ${row.kid.slice(0, 8)}… was sealed under another APP_SECRET than this node's`);
      return undefined;
    }
    const header = { alg: ALGORITHM, typ: TOKEN_TYPE, kid: row.kid };
    const signOptions = { algorithm: ALGORITHM, issuer: ISSUER, audience: AUDIENCE, header } as const;
    return { kid: row.kid, jwt: new JwtService({ privateKey, signOptions }) };
  }
}

function verifierOf({ public_jwk: jwk }: KeyRow): Verifier {
  const publicKey = publicKeyOf({ ...jwk });
  return {
    jwk,
    publicKey,
    jwt: new JwtService({ publicKey, verifyOptions: { algorithms: [ALGORITHM], issuer: ISSUER, audience: AUDIENCE } }),
  };
}

const lock = (tx: SqlTx): Promise<object[]> => tx.rows('SELECT pg_advisory_xact_lock($1)', [KEY_LOCK]);

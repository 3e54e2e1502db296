import type { JsonWebKey } from 'node:crypto';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A pair of keys for access tokens. */
@Entity('signing_keys')
export class SigningKeyRow {
  /** The thumbprint of the public key (RFC 7638). */
  @PrimaryColumn({ type: 'text' })
  kid!: string;

  @Column({ type: 'text' })
  alg!: string;

  @Column({ type: 'jsonb' })
  publicJwk!: JsonWebKey;

  /** Sealed under APP_SECRET; empty once the key is retired. */
  @Column({ type: 'bytea' })
  sealedPrivate!: Buffer;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  retiredAt!: Date | null;
}

import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Session } from './session.entity.js';

/** One link of a session's chain of refresh tokens: at most one of them is unspent. The SQL of the chain is in `refresh.sql.ts`. */
@Entity('refresh_tokens')
export class RefreshToken {
  /** SHA-256 of the token; the token itself is nowhere. */
  @PrimaryColumn({ type: 'bytea' })
  hash!: Buffer;

  @Index()
  @Column({ type: 'uuid' })
  sessionId!: string;

  @ManyToOne(() => Session, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'session_id' })
  session!: Relation<Session>;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'timestamptz' })
  expiresAt!: Date;

  /** Access tokens that were issued with it say this. */
  @Column({ type: 'integer', default: 0 })
  generation!: number;

  @Column({ type: 'timestamptz', nullable: true })
  spentAt!: Date | null;

  /** Hash of the token that was given for it; null of one that is unspent, or was replaced before anybody used it. */
  @Column({ type: 'bytea', nullable: true })
  successor!: Buffer | null;

  /** When the successor was made; null once the answer that carries it may have left. */
  @Column({ type: 'timestamptz', nullable: true })
  offeredAt!: Date | null;

  /** When another use of it was last refused because that answer had not left. */
  @Column({ type: 'timestamptz', nullable: true })
  contestedAt!: Date | null;
}

import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Session } from './session.entity.js';

/** One link of a session's chain of refresh tokens: at most one of them is unspent. */
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

  @Column({ type: 'timestamptz', nullable: true })
  spentAt!: Date | null;
}

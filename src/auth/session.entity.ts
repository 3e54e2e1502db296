import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { User } from '../users/user.entity.js';

/** What a log-in opened. Its hot paths are in `sessions.sql.ts`. The index named here runs downwards, which no decorator can say. */
@Entity('sessions')
@Index('sessions_user_id_created_at_idx', { synchronize: false })
export class Session {
  /** Made by the application: an identifier that is known before the row is written. */
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'bigint' })
  userId!: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id' })
  user!: Relation<User>;

  @Column({ type: 'text' })
  protocol!: string;

  @Column({ type: 'text' })
  ip!: string;

  @Column({ type: 'text', nullable: true })
  userAgent!: string | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  /** Written behind: up to a minute old. */
  @Column({ type: 'timestamptz', default: () => 'now()' })
  lastUsedAt!: Date;

  /** Of a revoked session: not after `revokedAt`. */
  @Index()
  @Column({ type: 'timestamptz' })
  expiresAt!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  revokedAt!: Date | null;

  @Column({ type: 'text', nullable: true })
  revokedReason!: string | null;

  /** Generations of tokens that were replaced before anybody used them, ascending; the last ones only. */
  @Column({ type: 'integer', array: true, default: () => "'{}'" })
  lostGenerations!: number[];
}

import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/**
 * An account, as stored. It never leaves a service towards a client: `UserRecord` does. The indexes named here are beyond what
 * decorators can say (operator classes, conditions): migrations make them, and a generated migration leaves them alone.
 */
@Entity('users')
@Index('users_username_prefix_idx', { synchronize: false })
@Index('users_email_prefix_idx', { synchronize: false })
@Index('users_superuser_idx', { synchronize: false })
export class User {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column({ type: 'text' })
  username!: string;

  /** By which it is found: `foldName(username)`. */
  @Column({ type: 'text', unique: true })
  usernameFold!: string;

  /** What it looks like without regard to case: `skeletonOf(username)`. */
  @Column({ type: 'text', unique: true })
  usernameSkeleton!: string;

  /** What it looks like as it is written: `lookalikeOf(username)`. */
  @Column({ type: 'text', unique: true })
  usernameLookalike!: string;

  @Column({ type: 'text', nullable: true })
  email!: string | null;

  @Column({ type: 'text', nullable: true, unique: true })
  emailFold!: string | null;

  @Column({ type: 'text', nullable: true })
  fullName!: string | null;

  /** Argon2id in PHC string format. */
  @Column({ type: 'text' })
  passwordHash!: string;

  @Column({ type: 'boolean', default: true })
  isActive!: boolean;

  @Column({ type: 'boolean', default: false })
  isSuperuser!: boolean;

  /** When the suspension ends; null where there is none. A time in the past shuts nobody out: see `isSuspended`. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  suspendedUntil!: Date | null;

  /** What the owner of the account and superusers read about it. */
  @Column({ type: 'text', nullable: true })
  suspensionReason!: string | null;

  /** Whether `suspendedUntil` lies ahead by the clock of the database. No column: `users.sql.ts` computes it with every read. */
  isSuspended!: boolean;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  updatedAt!: Date;
}

/** Whether an account can log in, and act, at the moment. */
export const isUsable = ({ isActive, isSuspended }: Pick<User, 'isActive' | 'isSuspended'>): boolean => isActive && !isSuspended;

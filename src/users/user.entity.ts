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

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  updatedAt!: Date;
}

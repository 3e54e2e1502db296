import type { SqlTx } from '../database/sql.js';
import { CoreError } from '../errors/catalogue.js';
import type { LiveSession } from '../identity/identity.js';
import { isUsable, type User } from '../users/user.entity.js';
import type { UsersRepository } from '../users/users.repository.js';

export interface LockOptions {
  /** Whether who acts has to be a superuser. */
  readonly isPrivileged: boolean;
  /** Whether every active superuser is locked, too: before one of them is removed, deactivated, suspended or demoted. */
  readonly withSuperusers?: boolean;
}

export interface Locked {
  readonly user: User;
  /** Active superusers among the locked, without `user`. */
  readonly otherSuperusers: number;
}

/** One who is suspended looks after nothing meanwhile. */
export const isActiveSuperuser = (user: Pick<User, 'isActive' | 'isSuspended' | 'isSuperuser'>): boolean =>
  isUsable(user) && user.isSuperuser;

/**
 * Locks an account until the transaction ends, and who acts on it if that is somebody else. What the table then says of who
 * acts counts: a session's own word may be a moment old, and of two superusers who remove each other the second finds
 * itself removed.
 * @param by null for the owner of the server, who may do anything
 * @throws CoreError `not_authenticated`, `forbidden`, `not_found`
 */
export async function lockAccount(
  users: UsersRepository,
  tx: SqlTx,
  id: number,
  by: LiveSession | null,
  { isPrivileged, withSuperusers = false }: LockOptions,
): Promise<Locked> {
  const locked = await users.lock(tx, by && by.userId !== id ? [id, by.userId] : [id], withSuperusers);
  if (by) checkActor(locked, by, isPrivileged);
  const user = locked.find((candidate) => candidate.id === id);
  if (!user) throw new CoreError('not_found');
  return { user, otherSuperusers: locked.filter((other) => other.id !== id && isActiveSuperuser(other)).length };
}

/** Makes sure, by the table and until the transaction ends, that somebody is an active superuser. */
export async function lockSuperuser(users: UsersRepository, tx: SqlTx, by: LiveSession): Promise<void> {
  checkActor(await users.lock(tx, [by.userId], false), by, true);
}

function checkActor(locked: readonly User[], by: LiveSession, isPrivileged: boolean): void {
  const actor = locked.find((user) => user.id === by.userId);
  if (!actor || !isUsable(actor)) throw new CoreError('not_authenticated');
  if (isPrivileged && !actor.isSuperuser) throw new CoreError('forbidden');
}

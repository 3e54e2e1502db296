import { Injectable } from '@nestjs/common';
import { DatabaseError } from 'pg';
import { ReservedSql, Sql, type SqlTx } from '../database/sql.js';
import { CoreError } from '../errors/catalogue.js';
import { foldEmail, foldName, lookalikeOf, skeletonOf } from './names.js';
import type { User } from './user.entity.js';
import type { UserRecord } from './user-record.js';
import {
  COUNT_USERS,
  FIND_ACTIVE_BY_NAMES,
  FIND_NEW_USER,
  FIND_USERS,
  INSERT_USER,
  IS_TAKEN,
  LOCK_USERS,
  SUSPEND_USER,
  REHASH,
  UPDATE_USER,
  USER_BY_EMAIL,
  USER_BY_ID,
  USER_BY_NAME,
  USERS_PAGE,
  USERS_SEARCH,
  USERS_SEARCH_PARTS,
} from './users.sql.js';

/** What can be written of an account; the keys by which it is unique follow from it. */
export type UserFields = Pick<User, 'username' | 'email' | 'fullName' | 'passwordHash' | 'isActive' | 'isSuperuser'>;

/** What is written of an account now. */
export function fieldsOf({ username, email, fullName, passwordHash, isActive, isSuperuser }: User): UserFields {
  return { username, email, fullName, passwordHash, isActive, isSuperuser };
}

/** An account by id and name. */
export interface NamedUser {
  readonly id: number;
  readonly username: string;
}

export interface PageRequest {
  /** 1 to 1000. */
  readonly limit: number;
  readonly skip?: number;
  /** The page begins after this id. */
  readonly after?: number;
  /** Part of the user name or the e-mail address. */
  readonly q?: string;
}

export interface Page {
  /** A JSON array of `AdminUserRecord`s, as text. */
  readonly json: string;
  /** All accounts there are; null with `q`. */
  readonly total: number | null;
  /** The last id of the page where another page follows. */
  readonly nextAfter: number | null;
}

const UNIQUE_VIOLATION = '23505';

/** Text that PostgreSQL takes. Nothing else can be stored, so a look-up for it finds nothing. */
const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/** A text as a part of a LIKE pattern. */
const escaped = (text: string): string => text.replace(/[\\%_]/g, '\\$&');

/** All pairs of characters that follow each other, as the function `user_grams` of the database makes them. */
function gramsOf(text: string): string[] {
  const characters = Array.from(text);
  return [...new Set(characters.slice(1).map((character, index) => `${characters[index]}${character}`))];
}

const columnsOf = ({ username, email, fullName, passwordHash, isActive, isSuperuser }: UserFields): unknown[] => [
  username,
  foldName(username),
  skeletonOf(username),
  lookalikeOf(username),
  email,
  email === null ? null : foldEmail(email),
  fullName,
  passwordHash,
  isActive,
  isSuperuser,
];

/** The table of accounts. What is read or written inside a transaction goes through its `SqlTx`. */
@Injectable()
export class UsersRepository {
  constructor(
    private readonly sql: Sql,
    private readonly reserved: ReservedSql,
  ) {}

  async findById(id: number): Promise<User | null> {
    const [user] = await this.sql.rows<User>(USER_BY_ID, [id], 'user-by-id');
    return user ?? null;
  }

  /** By e-mail address where there is an `@` in it, which no user name has; else by user name, without regard to case. */
  async findForLogin(login: string): Promise<User | null> {
    if (!isStorable(login)) return null;
    const [user] = login.includes('@')
      ? await this.reserved.rows<User>(USER_BY_EMAIL, [foldEmail(login)], 'user-by-email')
      : await this.reserved.rows<User>(USER_BY_NAME, [foldName(login)], 'user-by-name');
    return user ?? null;
  }

  /** Whether somebody has the name, one that looks like it, or the address, as of now. Only the table's keys can promise more. */
  async isTaken(username: string, email: string | null): Promise<boolean> {
    const values = [foldName(username), skeletonOf(username), lookalikeOf(username), email === null ? null : foldEmail(email)];
    return (await this.sql.rows(IS_TAKEN, values, 'is-taken')).length > 0;
  }

  /** The account of this name, if it was made within so many seconds and is as it was made; with a session only where that is allowed. */
  async findNew(username: string, withinSec: number, withSession: boolean): Promise<User | null> {
    const [user] = await this.sql.rows<User>(FIND_NEW_USER, [foldName(username), withinSec, withSession]);
    return user ?? null;
  }

  async recordsOf(ids: readonly number[]): Promise<Map<number, UserRecord>> {
    const rows = await this.sql.rows<UserRecord>(FIND_USERS, [ids], 'find-users');
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Active accounts, in the order of the names; undefined in the place of a name that nobody has. */
  async findActiveByNames(names: readonly string[]): Promise<(NamedUser | undefined)[]> {
    const folds = names.map((name) => (isStorable(name) ? foldName(name) : ''));
    const rows = await this.sql.rows<NamedUser & { fold: string }>(FIND_ACTIVE_BY_NAMES, [folds], 'find-active-by-names');
    const byFold = new Map(rows.map(({ id, username, fold }) => [fold, { id, username }]));
    return folds.map((fold) => byFold.get(fold));
  }

  async count(): Promise<number> {
    const [row] = await this.sql.rows<{ value: number }>(COUNT_USERS, [], 'count-users');
    return row?.value ?? 0;
  }

  async page({ limit, skip = 0, after = 0, q }: PageRequest): Promise<Page> {
    const base = [limit, after, skip];
    const rows = q ? await this.search(base, foldName(q), foldEmail(q)) : await this.sql.rows<Page>(USERS_PAGE, base);
    return rows[0] ?? { json: '[]', total: null, nextAfter: null };
  }

  /** A part of one character is looked for at the beginning only: it stands in most names, and in no index. */
  private search(base: readonly number[], name: string, email: string): Promise<Page[]> {
    const [ofName, ofEmail] = [gramsOf(name), gramsOf(email)];
    if (ofName.length === 0 || ofEmail.length === 0) {
      return this.sql.rows<Page>(USERS_SEARCH, [...base, `${escaped(name)}%`, `${escaped(email)}%`]);
    }
    return this.sql.rows<Page>(USERS_SEARCH_PARTS, [...base, `%${escaped(name)}%`, `%${escaped(email)}%`, ofName, ofEmail]);
  }

  /** @throws CoreError `taken` where the name (or one that looks like it) or the address belongs to somebody */
  async insert(tx: SqlTx, fields: UserFields): Promise<User> {
    const [user] = await takenOr(tx.rows<User>(INSERT_USER, columnsOf(fields), 'insert-user'));
    if (!user) throw new Error('INSERT … RETURNING returned no row');
    return user;
  }

  /** @throws CoreError `taken`; the transaction can only be rolled back then */
  async update(tx: SqlTx, id: number, fields: UserFields): Promise<User> {
    const [user] = await takenOr(tx.rows<User>(UPDATE_USER, [id, ...columnsOf(fields)], 'update-user'));
    if (!user) throw new CoreError('not_found');
    return user;
  }

  /** Sets when a suspension ends and why it is; null for both ends one. The row has to be locked in `tx`. */
  async suspend(tx: SqlTx, id: number, until: Date | null, reason: string | null): Promise<User> {
    const [user] = await tx.rows<User>(SUSPEND_USER, [id, until, reason]);
    if (!user) throw new CoreError('not_found');
    return user;
  }

  /** Locks these accounts until the transaction ends, with `superusers` also every active superuser; @returns all that were locked */
  lock(tx: SqlTx, ids: readonly number[], superusers: boolean): Promise<User[]> {
    return tx.rows<User>(LOCK_USERS, [ids, superusers]);
  }

  async remove(tx: SqlTx, id: number): Promise<void> {
    await tx.affected('DELETE FROM users WHERE id = $1', [id]);
  }

  /** Puts another hash of the SAME password in the place of `user.passwordHash`; @returns whether that was still there */
  async rehash(user: User, passwordHash: string): Promise<boolean> {
    return (await this.reserved.affected(REHASH, [user.id, user.passwordHash, passwordHash])) === 1;
  }
}

/** Names are unique by the table's own keys, so that of two who want one at the same time one gets it. */
async function takenOr<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (thrown) {
    if (thrown instanceof DatabaseError && thrown.code === UNIQUE_VIOLATION) throw new CoreError('taken', { cause: thrown });
    throw thrown;
  }
}

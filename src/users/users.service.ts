import { Injectable } from '@nestjs/common';
import { CoalescedReader } from '../database/coalesced-reader.js';
import type { User } from './user.entity.js';
import { type AdminUserRecord, adminRecordOf, type UserRecord } from './user-record.js';
import { type NamedUser, type Page, type PageRequest, UsersRepository } from './users.repository.js';

/** Reads accounts. Who changes them is `AccountsService`. */
@Injectable()
export class UsersService {
  private readonly reader: CoalescedReader<number, UserRecord>;

  constructor(private readonly users: UsersRepository) {
    this.reader = new CoalescedReader({ read: (ids) => users.recordsOf(ids) });
  }

  /**
   * One account; what is asked for in one turn goes out as one query.
   * @throws CoreError `unavailable` where too many wait already
   */
  async find(id: number): Promise<UserRecord | null> {
    return (await this.reader.get(id)) ?? null;
  }

  /** One account as superusers see it. */
  async findForAdmin(id: number): Promise<AdminUserRecord | null> {
    const user = await this.users.findById(id);
    return user && adminRecordOf(user);
  }

  /** Active accounts by user name, in the order of the names; undefined in the place of a name that nobody has. */
  findActiveByNames(names: readonly string[]): Promise<(NamedUser | undefined)[]> {
    return this.users.findActiveByNames(names);
  }

  /** How many accounts there are. */
  count(): Promise<number> {
    return this.users.count();
  }

  /** A page of accounts in id order. */
  page(request: PageRequest): Promise<Page> {
    return this.users.page(request);
  }

  /** The account that somebody means who logs in with `login`, its user name or its e-mail address. */
  findForLogin(login: string): Promise<User | null> {
    return this.users.findForLogin(login);
  }
}

import { type AdminUserRecord, adminRecordOf, type UserRecord } from '../users/user-record.js';
import type { UsersService } from '../users/users.service.js';
import { Refusal } from './failures.js';
import { visible } from './print.js';

/** What stands for an account in a command, for help texts. */
export const ACCOUNT = 'its user name, e-mail address or id; id:12 and name:12 where 12 could be either';

/** How an account is called in answers. */
export const calling = ({ username, id }: Pick<UserRecord, 'username' | 'id'>): string => `${visible(username)} (id ${id})`;

/**
 * The account that somebody means.
 * @param text a user name, an e-mail address or an id, or one of `id:…` and `name:…`, which no name and no address can be
 * @throws Refusal where there is none, or where a number is the id of one account and the name of another
 */
export async function findAccount(users: UsersService, text: string): Promise<AdminUserRecord> {
  const [, kind, rest = ''] = /^(id|name):(.*)$/s.exec(text) ?? [];
  const byId = kind === 'name' ? null : await withId(users, kind === 'id' ? rest : text);
  const byName = kind === 'id' ? null : await withName(users, kind === 'name' ? rest : text);
  if (byId && byName && byId.id !== byName.id) {
    throw new Refusal(
      `${text} is the name of ${calling(byName)} and the id of ${calling(byId)}; write name:${text} or id:${text}.`,
    );
  }
  const found = byName ?? byId;
  if (!found) throw new Refusal(`There is no account ${visible(text)}.`);
  return found;
}

async function withId(users: UsersService, text: string): Promise<AdminUserRecord | null> {
  return /^[1-9]\d{0,14}$/.test(text) ? users.findForAdmin(Number(text)) : null;
}

async function withName(users: UsersService, text: string): Promise<AdminUserRecord | null> {
  const user = await users.findForLogin(text);
  return user && adminRecordOf(user);
}

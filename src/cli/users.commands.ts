import type { Command } from 'commander';
import type { Changes } from '../auth/account-changes.js';
import type { AdminUserRecord } from '../users/user-record.js';
import { ACCOUNT, calling, findAccount } from './find-account.js';
import { addGroup, addLeaf, type Answer, answering, wholeNumber, withRooms } from './leaf.js';
import { ownerOrigin } from './owner.js';
import { sheet, table } from './print.js';
import { addUsersCreate } from './users-create.js';
import { addResetPassword } from './users-reset-password.js';
import { addSuspensions } from './users-suspend.js';

const MAX_PAGE = 1_000;

/** `users …`: accounts. */
export function usersCommands(program: Command): void {
  const users = addGroup(program, {
    usage: 'users',
    about: 'Accounts: make, find, change and delete them.',
    examples: ['users create alice --superuser', 'users list --q al', 'users promote alice'],
  });
  addUsersCreate(users);
  addList(users);
  addShow(users);
  for (const change of CHANGES) addChange(users, change);
  addSuspensions(users);
  addResetPassword(users);
  addDelete(users);
}

function addList(users: Command): void {
  addLeaf(users, {
    usage: 'list',
    about: 'Lists accounts in the order in which they were made.',
    examples: ['users list', 'users list --q al', 'users list --after 100 --limit 50 --json'],
  })
    .option('--q <text>', 'only those with it in their user name or e-mail address; a single character: at the beginning')
    .option('--limit <n>', `how many at most, 1 to ${MAX_PAGE}`, wholeNumber(1, MAX_PAGE), 100)
    .option('--after <id>', 'only those after this id', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .action(answering(list));
}

interface ListOptions {
  readonly q?: string;
  readonly limit: number;
  readonly after?: number;
}

function list(options: ListOptions): Promise<Answer> {
  return withRooms(async ({ users }) => {
    const { json, total, nextAfter } = await users.page(options);
    const records = JSON.parse(json) as AdminUserRecord[];
    const head = ['id', 'user name', 'e-mail', 'full name', 'active', 'superuser', 'created'];
    // Few accounts are: the others' lines stay as short as they were.
    const hasSuspended = records.some(({ suspended_until: end }) => end !== undefined);
    const rows = records.map((user) => [
      user.id,
      user.username,
      user.email,
      user.full_name,
      user.is_active,
      user.is_superuser,
      user.created_at,
      ...(hasSuspended ? [user.suspended_until ?? null] : []),
    ]);
    if (hasSuspended) head.push('suspended until');
    return {
      json: { users: records, total, next_after: nextAfter },
      text: rows.length > 0 ? table(head, rows) : 'No accounts.\n',
      note: nextAfter === null ? undefined : `There are more: --after ${nextAfter}`,
    };
  });
}

function addShow(users: Command): void {
  addLeaf(users, {
    usage: 'show',
    about: 'Shows an account.',
    examples: ['users show alice', 'users show alice@example.com', 'users show id:12 --json'],
  })
    .argument('<account>', ACCOUNT)
    .action(
      answering((account: string) =>
        withRooms(async ({ users: service }) => {
          const user = await findAccount(service, account);
          return { json: { user }, text: sheetOf(user) };
        }),
      ),
    );
}

const sheetOf = (user: AdminUserRecord): string =>
  sheet({
    id: user.id,
    'user name': user.username,
    'e-mail': user.email,
    'full name': user.full_name,
    active: user.is_active,
    ...(user.suspended_until === undefined
      ? {}
      : { 'suspended until': user.suspended_until, 'suspension reason': user.suspension_reason ?? null }),
    superuser: user.is_superuser,
    created: user.created_at,
    updated: user.updated_at,
  });

interface Change {
  readonly name: string;
  readonly about: string;
  readonly changes: Changes;
  /** What is said of the account afterwards, and where it was so before. */
  readonly done: string;
  readonly already: string;
}

const CHANGES: readonly Change[] = [
  {
    name: 'promote',
    about: 'Makes an account a superuser.',
    changes: { is_superuser: true },
    done: 'is a superuser now',
    already: 'was a superuser already',
  },
  {
    name: 'demote',
    about: 'Takes the rights of a superuser away. Refused for the last active one.',
    changes: { is_superuser: false },
    done: 'is no longer a superuser',
    already: 'was no superuser',
  },
  {
    name: 'deactivate',
    about: 'Shuts an account out and ends its sessions. Refused for the last active superuser.',
    changes: { is_active: false },
    done: 'is deactivated; its sessions are over',
    already: 'was deactivated already',
  },
  {
    name: 'activate',
    about: 'Lets a deactivated account in again.',
    changes: { is_active: true },
    done: 'is active again',
    already: 'was active already',
  },
];

function addChange(users: Command, { name, about, changes, done, already }: Change): void {
  addLeaf(users, { usage: name, about, examples: [`users ${name} alice`, `users ${name} id:12 --json`] })
    .argument('<account>', ACCOUNT)
    .action(
      answering((account: string) =>
        withRooms(async ({ users: service, accounts }) => {
          const before = await findAccount(service, account);
          const user = await accounts.update(before.id, changes, null, ownerOrigin());
          const changed = before.is_active !== user.is_active || before.is_superuser !== user.is_superuser;
          return { json: { user, changed }, text: `${calling(user)} ${changed ? done : already}.\n` };
        }),
      ),
    );
}

function addDelete(users: Command): void {
  addLeaf(users, {
    usage: 'delete',
    about: 'Deletes an account for ever, with its sessions. Refused for the last active superuser.',
    examples: ['users delete alice --yes'],
  })
    .argument('<account>', ACCOUNT)
    .requiredOption('--yes', 'yes, delete it: there is no way back')
    .action(
      answering((account: string) =>
        withRooms(async ({ users: service, accounts }) => {
          const user = await findAccount(service, account);
          await accounts.remove(user.id, null, ownerOrigin());
          return { json: { user, deleted: true }, text: `${calling(user)} is deleted.\n` };
        }),
      ),
    );
}

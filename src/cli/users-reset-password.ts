import type { Command } from 'commander';
import { ACCOUNT, calling, findAccount } from './find-account.js';
import { addLeaf, answering, withRooms } from './leaf.js';
import { ownerOrigin } from './owner.js';

const MORE =
  'Prints a token that is good once, and a link with it, to hand over. Every session of the account ends at once. ' +
  'A newer token kills the older.';

/** `users reset-password`. */
export function addResetPassword(users: Command): void {
  addLeaf(users, {
    usage: 'reset-password',
    about: 'Helps somebody who has lost the password.',
    more: MORE,
    examples: ['users reset-password alice', 'users reset-password alice@example.com --json'],
  })
    .argument('<account>', ACCOUNT)
    .action(
      answering((account: string) =>
        withRooms(async ({ users: service, recovery, linkOf }) => {
          const user = await findAccount(service, account);
          const { token, expires_in } = await recovery.issueByOwner(user.id, null, ownerOrigin());
          const link = linkOf(token);
          const text = [
            `${calling(user)} can set a new password once, within ${duration(expires_in)}:`,
            `  token  ${token}`,
            `  link   ${link}`,
            'Its sessions are over.',
            '',
          ].join('\n');
          return { json: { user, token, expires_in, link }, text };
        }),
      ),
    );
}

function duration(seconds: number): string {
  if (seconds % 3600 === 0) return plural(seconds / 3600, 'hour');
  return seconds % 60 === 0 ? plural(seconds / 60, 'minute') : plural(seconds, 'second');
}

const plural = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

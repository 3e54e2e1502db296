import type { Command } from 'commander';
import { Refusal } from './failures.js';
import { ACCOUNT, calling, findAccount } from './find-account.js';
import { addGroup, addLeaf, type Answer, answering, withRooms } from './leaf.js';
import { ownerOrigin } from './owner.js';
import { table, visible } from './print.js';

/** `sessions …`: who is logged in. */
export function sessionsCommands(program: Command): void {
  const sessions = addGroup(program, {
    usage: 'sessions',
    about: 'Sessions: who is logged in, from where, and how to end it.',
    examples: ['sessions list alice', 'sessions revoke alice'],
  });
  addLeaf(sessions, {
    usage: 'list',
    about: 'Lists the sessions of an account that are alive, newest first, at most 1000.',
    examples: ['sessions list alice', 'sessions list alice@example.com --json'],
  })
    .argument('<account>', ACCOUNT)
    .action(answering(list));
  addLeaf(sessions, {
    usage: 'revoke',
    about: 'Ends all sessions of an account, or one of them. Their tokens are worthless and their sockets closed at once.',
    examples: ['sessions revoke alice', 'sessions revoke alice --id 0b0c2b3e-7c0a-4a53-9a4e-2f1f6a4d8c11'],
  })
    .argument('<account>', ACCOUNT)
    .option('--id <session>', 'only this one; `sessions list` shows the ids')
    .action(answering(revoke));
}

function list(account: string): Promise<Answer> {
  return withRooms(async ({ users, sessions: service }) => {
    const user = await findAccount(users, account);
    const sessions = await service.list(user.id);
    const head = ['id', 'protocol', 'address', 'program', 'created', 'last used', 'expires'];
    const rows = sessions.map((one) => [
      one.id,
      one.protocol,
      one.ip,
      one.user_agent,
      one.created_at,
      one.last_used_at,
      one.expires_at,
    ]);
    return { json: { user, sessions }, text: rows.length > 0 ? table(head, rows) : `${calling(user)} has no sessions.\n` };
  });
}

function revoke(account: string, { id }: { readonly id?: string }): Promise<Answer> {
  return withRooms(async ({ users, sessions }) => {
    const user = await findAccount(users, account);
    if (id === undefined) {
      const revoked = await sessions.revokeAll(user.id, 'ended_by_superuser', null, ownerOrigin());
      return { json: { user, revoked }, text: `${revoked} session${revoked === 1 ? '' : 's'} of ${calling(user)} ended.\n` };
    }
    const ended = await sessions.revokeOf(user.id, id, 'ended_by_superuser', null, ownerOrigin());
    if (!ended) throw new Refusal(`${calling(user)} has no session ${visible(id)} that is alive.`);
    return { json: { user, revoked: 1 }, text: `1 session of ${calling(user)} ended.\n` };
  });
}

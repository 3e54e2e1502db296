import { type Command, InvalidArgumentError } from 'commander';
import type { AdminUserRecord } from '../users/user-record.js';
import { ACCOUNT, calling, findAccount } from './find-account.js';
import { addLeaf, type Answer, answering, withRooms } from './leaf.js';
import { ownerOrigin } from './owner.js';

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000, y: 365 * 86_400_000 };
const SPAN = /^([1-9]\d{0,3})([hdwy])$/;
/** A day, or a moment with its offset from UTC: what `Date` reads the same on every machine. */
const MOMENT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/;

/** The end of a suspension. @throws InvalidArgumentError */
function endOf(text: string): Date {
  const [, count, unit = ''] = SPAN.exec(text) ?? [];
  const ms = UNITS[unit];
  const end = ms === undefined ? new Date(MOMENT.test(text) ? text : Number.NaN) : new Date(Date.now() + Number(count) * ms);
  // `Date` takes 31 February for 3 March.
  if (Number.isNaN(end.getTime()) || (ms === undefined && !isDay(text.slice(0, 10)))) {
    throw new InvalidArgumentError('Allowed is 12h, 30d, 2w, 1y, 2034-02-11 or 2034-02-11T08:00:00Z.');
  }
  return end;
}

const isDay = (day: string): boolean => new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);

/** `users suspend` and `users unsuspend`. */
export function addSuspensions(users: Command): void {
  addLeaf(users, {
    usage: 'suspend',
    about: 'Shuts an account out for a time, ending all sessions. Refused for the last active superuser.',
    more: 'The owner of the account gets a mail with the reason and the end. Suspending again sets another reason and end.',
    examples: [
      'users suspend bob --until 7d --reason "Spam in three groups"',
      'users suspend bob --until 2034-02-11T08:00:00Z --reason Spam',
    ],
  })
    .argument('<account>', ACCOUNT)
    .requiredOption(
      '--until <end>',
      'when it ends, at most ten years ahead: 12h, 30d, 2w, 1y, a day, or a time with its offset',
      endOf,
    )
    .requiredOption('--reason <text>', 'why, for the owner of the account: 1 to 500 characters')
    .action(answering(suspend));
  addLeaf(users, {
    usage: 'unsuspend',
    about: 'Lifts a suspension before its end.',
    examples: ['users unsuspend bob', 'users unsuspend id:12 --json'],
  })
    .argument('<account>', ACCOUNT)
    .action(answering(unsuspend));
}

interface SuspendOptions {
  readonly until: Date;
  readonly reason: string;
}

const isSuspended = ({ suspended_until: until }: AdminUserRecord): boolean => until !== undefined;

function suspend(account: string, { until, reason }: SuspendOptions): Promise<Answer> {
  return withRooms(async ({ users, suspensions }) => {
    const found = await findAccount(users, account);
    const user = await suspensions.suspend(found.id, { until, reason }, null, ownerOrigin());
    const text = `${calling(user)} is suspended until ${user.suspended_until ?? ''}; its sessions are over.\n`;
    return { json: { user }, text };
  });
}

function unsuspend(account: string): Promise<Answer> {
  return withRooms(async ({ users, suspensions }) => {
    const found = await findAccount(users, account);
    const changed = isSuspended(found);
    const user = await suspensions.lift(found.id, null, ownerOrigin());
    return { json: { user, changed }, text: `${calling(user)} ${changed ? 'is no longer suspended' : 'was not suspended'}.\n` };
  });
}

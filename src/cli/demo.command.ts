import type { Command } from 'commander';
import { readEnvironment } from '../config/environment.js';
import type { Filled } from './demo/fill.js';
import type { Amounts } from './demo/load-users.js';
import { DEMO, PEOPLE } from './demo/people.js';
import { Refusal } from './failures.js';
import { addLeaf, type Answer, answering, wholeNumber, withRooms } from './leaf.js';
import { checked, NewPasswordFields } from './new-account.js';
import { newPassword } from './new-password.js';
import { visible } from './print.js';
import type { Rooms } from './with-rooms.js';

interface DemoOptions {
  readonly people: boolean;
  readonly users?: number;
  readonly chats?: number;
  readonly messages?: number;
  readonly passwordStdin?: boolean;
  readonly force?: boolean;
}

const MOST_USERS = 5_000_000;
const MOST_CHATS = 1_000_000;
const MOST_MESSAGES = 100_000_000;
/** Chats for each account: even if all of them are groups, nobody gets into more than anybody may be in. */
const CHATS_EACH = 500;

const MORE =
  'Some forty people who write to each other in many languages, the same each time, up to this moment: a server to look at, to show, or to try a ' +
  'client on. All of them have one password, which is made up and printed once unless it comes from standard input. With --users, --chats ' +
  'and --messages as many more are made as a load test needs; Ctrl-C ends that and keeps what was made. Refused where there are accounts ' +
  'already (a single superuser is none), and with NODE_ENV=production.';

/** `demo`: seed data. */
export function demoCommand(program: Command): void {
  const command = addLeaf(program, {
    usage: 'demo',
    about: 'Fills an empty server with people, chats and messages to look at, or with as many as a load test needs.',
    more: MORE,
    examples: [
      'demo',
      'demo --password-stdin < password.txt',
      'demo --users 1000000',
      'demo --users 10000 --chats 20000 --messages 1000000 --json',
      'demo --no-people --force --users 500',
    ],
  });
  command
    .option('--users <n>', `so many accounts more, 1 to ${MOST_USERS}`, wholeNumber(1, MOST_USERS))
    .option('--chats <n>', `so many chats more between these accounts, 1 to ${MOST_CHATS}`, wholeNumber(1, MOST_CHATS))
    .option('--messages <n>', `so many messages in these chats, 1 to ${MOST_MESSAGES}`, wholeNumber(1, MOST_MESSAGES))
    .option('--no-people', 'leave the people out: only what --users, --chats and --messages say')
    .option('--password-stdin', 'take the password from standard input')
    .option('--force', 'also where there are accounts, and in production: whatever is there stays')
    .action(answering((options: DemoOptions) => demo(command, options)));
}

async function demo(command: Command, options: DemoOptions): Promise<Answer> {
  const { people, users = 0, chats = 0, messages = 0, force = false, passwordStdin } = options;
  if (!people && users === 0) command.error('error: without people there must be --users');
  if (messages > 0 && chats === 0) command.error('error: --messages needs --chats');
  const most = CHATS_EACH * (users || PEOPLE.length);
  if (chats > most) command.error(`error: there can be ${most} chats between so few accounts`);
  if (!force && readEnvironment()['NODE_ENV'] === 'production') {
    throw new Refusal('This is a production server (NODE_ENV=production); --force makes the demo here all the same.');
  }
  const source = passwordStdin ? { passwordStdin } : { generatePassword: true };
  const given = await newPassword(source, { input: process.stdin, prompts: process.stderr });
  const { password } = checked(NewPasswordFields, { password: given });
  const work = { people, wanted: { users, chats, messages }, password, isSecret: passwordStdin !== true };
  return withRooms(async (rooms) => {
    if (!force && !(await isEmpty(rooms))) {
      throw new Refusal('This server has accounts or chats already; --force adds to them. Nothing was done.');
    }
    return make(rooms, work);
  });
}

interface Work {
  readonly people: boolean;
  readonly wanted: Amounts;
  readonly password: string;
  /** Whether nobody knows the password until it is printed. */
  readonly isSecret: boolean;
}

/** A single superuser is what FIRST_SUPERUSER_USERNAME or `users create --superuser` has made before anything else. */
async function isEmpty({ sql }: Rooms): Promise<boolean> {
  const [row] = await sql.rows<{ empty: boolean }>(`
    SELECT NOT EXISTS (SELECT FROM chats) AND NOT EXISTS (SELECT FROM users WHERE NOT is_superuser)
      AND (SELECT count(*) FROM users WHERE is_superuser) <= 1 AS empty`);
  return row?.empty === true;
}

async function make(rooms: Rooms, { people, wanted, password, isSecret }: Work): Promise<Answer> {
  // Loaded here: help, and whatever is refused, need none of it.
  const [{ fillWithPeople }, { makeLoad }] = await Promise.all([import('./demo/fill.js'), import('./demo/load.js')]);
  const start = performance.now();
  const passwordHash = await rooms.passwords.hash(password, { username: DEMO, email: null });
  const filled = people ? await fillWithPeople(rooms, passwordHash) : null;
  const done = { users: 0, chats: 0, messages: 0 };
  const secret = isSecret ? `Password (shown only now): ${password}\n` : '';
  // At a signal, or where the database goes away: what has been made stays, so it is to be known, and its password too.
  const interrupted = (): void => {
    process.stderr.write(`\nEnded before all of it was made. What is there: ${amountsText(sumOf(filled, done))}.\n${secret}`);
  };
  process.once('exit', interrupted);
  const username = await makeLoad(rooms, { wanted, passwordHash, filled, done });
  process.off('exit', interrupted);
  const seconds = Math.round(performance.now() - start) / 1_000;
  const url = (rooms.settings.PUBLIC_URL ?? `http://localhost:${rooms.settings.PORT}`).replace(/\/+$/, '');
  const made = sumOf(filled, done);
  const text = [
    `Made in ${seconds.toFixed(1)} s: ${amountsText(made)}.`,
    `Start the server if it is not running, and sign in at ${url} as ${visible(username)}${filled ? ', a superuser' : ''}.`,
    'All of these accounts have the same password.',
    secret,
  ].join('\n');
  return { json: { made, seconds, username, url, ...(isSecret && { password }) }, text };
}

const sumOf = (filled: Filled | null, done: Amounts): Amounts => ({
  users: (filled?.people ?? 0) + done.users,
  chats: (filled?.chats ?? 0) + done.chats,
  messages: (filled?.messages ?? 0) + done.messages,
});

const count = new Intl.NumberFormat('en');

const amountsText = ({ users, chats, messages }: Amounts): string =>
  `${count.format(users)} accounts, ${count.format(chats)} chats, ${count.format(messages)} messages`;

import type { Command } from 'commander';
import { calling } from './find-account.js';
import { addLeaf, type Answer, answering, withRooms } from './leaf.js';
import { checked, NewAccountFields, NewPasswordFields } from './new-account.js';
import { newPassword, type PasswordOptions } from './new-password.js';
import { ownerOrigin } from './owner.js';

interface CreateOptions extends PasswordOptions {
  readonly email?: string;
  readonly fullName?: string;
  readonly superuser?: boolean;
}

const MORE =
  'Its password is asked for twice at the terminal, comes from standard input, or is made up and printed once. ' +
  'It is no argument: other users of this machine could read it there.';

/** `users create`. */
export function addUsersCreate(users: Command): void {
  const command = addLeaf(users, {
    usage: 'create',
    about: 'Makes an account.',
    more: MORE,
    examples: [
      'users create alice --superuser',
      'users create bob --email bob@example.com --generate-password',
      'users create carol --password-stdin < password.txt',
    ],
  });
  command
    .argument('<name>', 'the user name: 3 to 64 letters and digits of any script and _ . -')
    .option('--email <address>', 'the e-mail address: mails to recover a lost password go there')
    .option('--full-name <name>', "the person's name")
    .option('--superuser', 'may see and change every account')
    .option('--password-stdin', 'take the password from standard input')
    .option('--generate-password', 'make a password up and print it once')
    .action(answering((name: string, options: CreateOptions) => create(command, name, options)));
}

async function create(command: Command, name: string, options: CreateOptions): Promise<Answer> {
  const { email, fullName, superuser = false, passwordStdin, generatePassword = false } = options;
  if (passwordStdin && generatePassword) {
    command.error('error: --password-stdin and --generate-password exclude each other');
  }
  // Before anybody is asked anything, and before a database is started.
  const wanted = checked(NewAccountFields, { user_name: name, email, full_name: fullName });
  const given = await newPassword(options, { input: process.stdin, prompts: process.stderr });
  if (given === null) command.error('error: there is no terminal to ask at; use --password-stdin or --generate-password');
  const { password } = checked(NewPasswordFields, { password: given });
  return withRooms(async ({ accounts }) => {
    const account = {
      username: wanted.user_name,
      email: wanted.email ?? null,
      password,
      fullName: wanted.full_name ?? null,
      isSuperuser: superuser,
    };
    const user = await accounts.create(account, null, ownerOrigin());
    const made = `${calling(user)} is made${superuser ? ', a superuser' : ''}.\n`;
    if (!generatePassword) return { json: { user }, text: made };
    return { json: { user, password }, text: `${made}Password (shown only now): ${password}\n` };
  });
}

import { Command, CommanderError } from 'commander';
import { databaseCommands } from './database.commands.js';
import { demoCommand } from './demo.command.js';
import { doctorCommand } from './doctor.command.js';
import { reportOf } from './failures.js';
import { keysCommands } from './keys.commands.js';
import { BadNews, examplesText, NAME } from './leaf.js';
import { sessionsCommands } from './sessions.commands.js';
import { usersCommands } from './users.commands.js';

const ABOUT =
  'What the owner of a Switchboard server does at its command line. It needs the settings of the server (the environment, or .env in ' +
  'the working directory), and works whether or not the server runs: a running one heeds every change at once.';

const MORE = `
Every command has a --help with examples, such as ${NAME} users create --help

Exit codes: 0 done, 1 refused (one line on stderr says why), 2 not understood.`;

/** Every command, with its help. */
function makeProgram(): Command {
  const program = new Command(NAME)
    .description(ABOUT)
    .exitOverride()
    .showHelpAfterError('(--help shows how it is used)')
    .addHelpText('after', `${examplesText(['users create alice --superuser', 'users list', 'db status --json'])}\n${MORE}`);
  for (const add of [usersCommands, sessionsCommands, keysCommands, databaseCommands, doctorCommand, demoCommand]) add(program);
  return program;
}

/**
 * Runs one command line.
 * @param args without the program's own name
 * @returns the exit code: 0 done, 1 refused, 2 not understood
 */
export async function run(args: readonly string[]): Promise<number> {
  try {
    await makeProgram().parseAsync(args, { from: 'user' });
    return 0;
  } catch (thrown) {
    // It has been said already; asking for help is no mistake.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    if (!(thrown instanceof BadNews)) process.stderr.write(`${reportOf(thrown)}\n`);
    return 1;
  }
}

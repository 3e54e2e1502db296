import { type Command, InvalidArgumentError } from 'commander';
import { jsonText } from './print.js';
import type * as DatabaseWork from './with-database.js';
import type * as RoomsWork from './with-rooms.js';

/** How the command line is called, for help texts that can be copied. */
export const NAME = 'npm run cli --';

/** What a command answers. */
export interface Answer {
  /** With `--json`. */
  readonly json: object;
  /** For people: whole lines. */
  readonly text: string;
  /** For people, too, but not part of the answer: it goes to stderr. */
  readonly note?: string | undefined;
  /** Whether the answer is bad news, of which the exit code tells, too. */
  readonly failed?: boolean;
}

/** The answer was printed, and is bad news: there is nothing to add but the exit code. */
export class BadNews extends Error {}

export interface CommandTexts {
  /** Name and arguments, such as `show <account>`. */
  readonly usage: string;
  /** One or two sentences. */
  readonly about: string;
  /** What only the command's own help says. */
  readonly more?: string;
  /** Without the program's name. */
  readonly examples: readonly string[];
}

export const examplesText = (examples: readonly string[]): string =>
  ['', 'Examples:', ...examples.map((example) => `  ${NAME} ${example}`)].join('\n');

/** Adds a command that only holds others. */
export function addGroup(parent: Command, { usage, about, more, examples }: CommandTexts): Command {
  return parent
    .command(usage)
    .summary(about)
    .description(more === undefined ? about : `${about} ${more}`)
    .addHelpText('after', examplesText(examples));
}

/** Adds a command that does something; its action is to be made by `answering`. */
export function addLeaf(parent: Command, texts: CommandTexts): Command {
  return addGroup(parent, texts).option('--json', 'answer in JSON, for scripts');
}

/** An action that prints what `work` answers. */
export function answering<Args extends readonly unknown[]>(work: (...args: Args) => Promise<Answer>) {
  return async function answer(this: Command, ...args: Args): Promise<void> {
    const { json, text, note, failed } = await work(...args);
    const wantsJson = this.opts<{ json?: boolean }>().json === true;
    process.stdout.write(wantsJson ? jsonText(json) : text);
    if (note !== undefined && !wantsJson) process.stderr.write(`${note}\n`);
    if (failed) throw new BadNews();
  };
}

/** The argument of an option that takes whole numbers. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`Allowed is a whole number from ${min} to ${max}.`);
    return value;
  };
}

// The rooms take half a second to load. Help, and a command line that cannot be understood, need none of them.

/** See `with-rooms.ts`. */
export const withRooms: typeof RoomsWork.withRooms = async (work) => (await import('./with-rooms.js')).withRooms(work);

/** See `with-database.ts`. */
export const withDatabase: typeof DatabaseWork.withDatabase = async (work) =>
  (await import('./with-database.js')).withDatabase(work);

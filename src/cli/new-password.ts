import { randomInt } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { Refusal } from './failures.js';

export interface PasswordOptions {
  readonly passwordStdin?: boolean;
  readonly generatePassword?: boolean;
}

/** Where passwords come from and questions go to. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY'>>;
  readonly prompts: NodeJS.WritableStream;
}

/** Far above 128 characters in any spelling; without a limit a wrong file could fill the memory. */
const MAX_BYTES = 16_384;
/** Without letters and digits that look alike: it may be read out or copied by hand. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP_LENGTH = 6;

/**
 * The password for a new account: from standard input, made up, or asked for twice at the terminal.
 * @returns null where none was asked for in any way that works here
 * @throws Refusal where what came is of no use
 */
export async function newPassword(options: PasswordOptions, terminal: Terminal): Promise<string | null> {
  if (options.generatePassword) return generatedPassword();
  if (options.passwordStdin) return readPassword(terminal.input);
  return terminal.input.isTTY ? askPassword(terminal) : null;
}

/** A password of 118 random bits. */
function generatedPassword(): string {
  const group = (): string => Array.from({ length: GROUP_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}

/** All of it but the end of its last line, which `echo` and editors add. */
async function readPassword(input: NodeJS.ReadableStream): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of input) {
    const buffer = Buffer.from(part);
    bytes += buffer.length;
    if (bytes > MAX_BYTES) throw new Refusal('What came on standard input is too long for a password.');
    parts.push(buffer);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts));
    return text.replace(/\r?\n$/, '');
  } catch {
    throw new Refusal('What came on standard input is no UTF-8 text.');
  }
}

async function askPassword({ input, prompts }: Terminal): Promise<string> {
  // As a terminal it switches the echo of the system off; its own echo goes nowhere.
  const lines = createInterface({ input, output: new Nowhere(), terminal: true, historySize: 0 });
  // Keeps what is typed ahead or pasted for the second question.
  const answers = lines[Symbol.asyncIterator]();
  const ask = async (question: string): Promise<string> => {
    prompts.write(question);
    const answer = await answers.next();
    prompts.write('\n');
    // Ctrl-C and Ctrl-D: the terminal sends no signal while a line is read this way.
    if (answer.done) throw new Refusal('No password was given; nothing was done.');
    return answer.value;
  };
  try {
    const first = await ask('Password: ');
    if (first !== (await ask('The same again: '))) throw new Refusal('The two passwords differ; nothing was done.');
    return first;
  } finally {
    lines.close();
  }
}

class Nowhere extends Writable {
  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
}

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readEnvText } from './env-file.js';
import { codeOf, reasonOf } from '../errors/thrown.js';

/** The file with the settings is there and cannot be read; `message` is the whole line to print. */
export class EnvFileError extends Error {
  constructor(path: string, thrown: unknown) {
    super(`The settings in ${resolve(path)} cannot be read: ${reasonOf(thrown)}`, { cause: thrown });
    this.name = 'EnvFileError';
  }
}

/**
 * The environment over the `.env` file of the working directory, where there is one.
 * @throws EnvFileError
 */
export function readEnvironment(): Record<string, string | undefined> {
  return { ...readEnvFile('.env'), ...process.env };
}

function readEnvFile(path: string): NodeJS.Dict<string> {
  try {
    return readEnvText(readFileSync(path));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {};
    throw new EnvFileError(path, error);
  }
}

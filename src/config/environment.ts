import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { codeOf } from '../errors/thrown.js';

/** The environment over the `.env` file of the working directory, where there is one. */
export function readEnvironment(): Record<string, string | undefined> {
  return { ...readEnvFile('.env'), ...process.env };
}

function readEnvFile(path: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {};
    throw error;
  }
}

import { AppSecretError } from '../auth/app-secret.js';
import { EnvFileError } from '../config/environment.js';
import { SettingsError } from '../config/settings.js';
import { DatabaseStartError } from '../database/start-error.js';
import type { CoreError, ErrorCode, Issue } from '../errors/catalogue.js';
import { coreErrorOf } from '../errors/core-error-of.js';
import { stackOf } from '../errors/thrown.js';
import { visible } from './print.js';

/** A command that is understood and not carried out; `message` is the whole line to print. */
export class Refusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Refusal';
  }
}

const WORDS: Partial<Record<ErrorCode, string>> = {
  taken: 'The user name (or one that looks like it) or the e-mail address belongs to another account.',
  // The owner of the server may do anything else.
  forbidden:
    'This is the last active superuser. Make another one first: users create <name> --superuser, or users promote <name>.',
  not_found: 'The account is gone.',
};

/** What is printed of a failure: one line for what people can mend; for a mistake of ours, its stack. */
export function reportOf(thrown: unknown): string {
  const isForPeople = [Refusal, EnvFileError, SettingsError, DatabaseStartError, AppSecretError].some(
    (kind) => thrown instanceof kind,
  );
  if (isForPeople && thrown instanceof Error) return visible(thrown.message);
  const error = coreErrorOf(thrown);
  if (error.code === 'internal') return stackOf(error.cause ?? error);
  return visible(lineOf(error));
}

function lineOf(error: CoreError): string {
  if (error.code === 'invalid_input' && error.issues.length > 0) return error.issues.map(faultText).join('; ');
  const cause = error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : undefined;
  if (error.code === 'unavailable') return `The database does not answer${cause === undefined ? '' : ` (${cause})`}.`;
  return WORDS[error.code] ?? error.message;
}

const faultText = ({ loc, msg }: Issue): string => `${String(loc.at(-1) ?? 'input').replaceAll('_', ' ')}: ${msg}`;

import { DatabaseError } from 'pg';
import { REFUSALS } from '../database/migrations/chats/entries.js';
import { CoreError } from '../errors/catalogue.js';

/** Gives what a function of the database returned. @throws CoreError where it refused */
export async function unlessRefused<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (thrown) {
    if (!(thrown instanceof DatabaseError)) throw thrown;
    switch (thrown.code) {
      case REFUSALS.forbidden:
        throw new CoreError('forbidden');
      case REFUSALS.not_found:
        throw new CoreError('not_found');
      case REFUSALS.conflict:
        throw new CoreError('conflict', { detail: thrown.message });
      default:
        throw thrown;
    }
  }
}

import { DatabaseError } from 'pg';
import { coreErrorOf } from '../../errors/core-error-of.js';
import { Refusal } from '../failures.js';

/**
 * What the database refuses in the middle of a backup or a restore, for people: rights, rows and objects of theirs are no mistake of ours.
 * @param end what has become of the work
 * @returns the same, where it is something else
 */
export function ofDatabase(thrown: unknown, end: string): unknown {
  const isRefused = thrown instanceof DatabaseError || (thrown instanceof Error && 'driverError' in thrown);
  if (!isRefused || coreErrorOf(thrown).code === 'unavailable') return thrown;
  return new Refusal(`The database refuses: ${thrown.message}. ${end}`);
}

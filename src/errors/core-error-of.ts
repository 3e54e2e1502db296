import { CoreError } from './catalogue.js';
import { codeOf } from './thrown.js';

/** What PostgreSQL, its driver and its pool say when the database is away, restarting, full or overloaded. */
const AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  '40001', // serialization_failure
  '40P01', // deadlock_detected: the other side has won, and the next attempt goes through
  '53000', // insufficient_resources
  '53100', // disk_full
  '53200', // out_of_memory
  '53300', // too_many_connections
  '55P03', // lock_not_available (lock_timeout)
  '57014', // query_canceled (statement_timeout)
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '58000', // system_error
  '58030', // io_error
  '25006', // read_only_sql_transaction: a standby that has not been promoted yet
]);
const AWAY_WORDS =
  /timeout exceeded when trying to connect|timeout expired|Connection terminated|Query read timeout|Client has encountered a connection error|not queryable|not currently accepting connections|DataSource is not set|Driver not Connected/i;

/** The core error that any thrown value is: itself, `unavailable` where the database is away, else `internal`. */
export function coreErrorOf(thrown: unknown): CoreError {
  if (thrown instanceof CoreError) return thrown;
  if (thrown instanceof Error) {
    const code = codeOf(thrown);
    if (AWAY.has(code) || code.startsWith('08') || AWAY_WORDS.test(thrown.message)) {
      return new CoreError('unavailable', { cause: thrown });
    }
  }
  return new CoreError('internal', { cause: thrown });
}

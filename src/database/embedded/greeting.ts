import { coreErrorOf } from '../../errors/core-error-of.js';
import { connectionConfig } from '../connection.js';
import { DatabaseClient } from '../database-client.js';
import { SUPERUSER } from './init.js';

/** The role that the server works as, and the database that it owns. */
const NAME = 'switchboard';

/** The address of the embedded database for the server or for the superuser. */
export function urlOf(port: number, password: string, who: 'server' | 'superuser'): string {
  const [role, database] = who === 'server' ? [NAME, NAME] : [SUPERUSER, 'postgres'];
  return `postgres://${role}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}?sslmode=disable`;
}

/**
 * Whether a PostgreSQL with that password answers at `port` now.
 * @throws the driver's error where it answers but does not let us in
 */
export async function answers(port: number, password: string): Promise<boolean> {
  const client = clientFor(port, password);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch (thrown) {
    if (coreErrorOf(thrown).code === 'unavailable') return false;
    throw thrown;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Makes the server's own role and database where they are missing. */
export async function provision(port: number, password: string): Promise<void> {
  const client = clientFor(port, password);
  try {
    await client.connect();
    const { rows } = await client.query<{ role: boolean; database: boolean }>(
      `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS role, EXISTS (SELECT FROM pg_database WHERE datname = $1) AS database`,
      [NAME],
    );
    // Not a superuser: who found a way to run SQL must not be able to run programs.
    if (!rows[0]?.role) await client.query(`CREATE ROLE ${NAME} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
    if (!rows[0]?.database) await client.query(`CREATE DATABASE ${NAME} OWNER ${NAME}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function clientFor(port: number, password: string): DatabaseClient {
  const client = new DatabaseClient({
    ...connectionConfig(urlOf(port, password, 'superuser'), 'switchboard-start'),
    query_timeout: 10_000,
  });
  client.on('error', () => undefined);
  return client;
}

import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Settings } from '../../config/settings.js';
import { remedyOf } from '../../database/connect-faults.js';
import { connectionConfig, placeOf } from '../../database/connection.js';
import { DatabaseClient } from '../../database/database-client.js';
import { checkServer } from '../../database/migrate.js';
import { refuseSharedSessions } from '../../database/pooler.js';
import { type Database, openDatabaseForTools } from '../../database/open-database.js';
import { DatabaseStartError } from '../../database/start-error.js';
import { reasonOf } from '../../errors/thrown.js';
import { opensKeys } from '../backup/key-seal.js';
import { NAME } from '../leaf.js';
import { schemaStatus } from '../schema.js';
import { type Finding, fault, LIMIT_MS, ok, type Look, warning, within } from './finding.js';

const DATABASE = 'database';
/** Milliseconds that the embedded database may take to start; after a crash it has work to do first. */
export const START_MS = 30_000;
/** Milliseconds of one question and answer above which everything is noticeably slow. */
const SLOW_MS = 20;
const PINGS = 5;
/** Connections that should stay free for the command line, backups and whoever looks after the database. */
const SPARE = 5;
/** Milliseconds that the clocks of server and database may differ. */
const CLOCK_MS = 2_000;

/** Everything about the database: opened once, then looked at from all sides side by side. */
export async function checkDatabase(settings: Settings): Promise<readonly Finding[]> {
  if (settings.DATABASE_URL === undefined && !(await isMade(settings))) {
    return [ok(DATABASE, `none yet: the first start makes one in ${resolve(settings.DATA_DIR)}`)];
  }
  const opened: { database?: Database } = {};
  const starting = await within(DATABASE, async () => open(settings, opened), START_MS);
  const { database } = opened;
  if (!database) return starting;
  try {
    return await lookAt(database, settings);
  } finally {
    await database.stop();
  }
}

const isMade = ({ DATA_DIR }: Settings): Promise<boolean> =>
  stat(join(resolve(DATA_DIR), 'postgres')).then(
    () => true,
    () => false,
  );

async function open(settings: Settings, opened: { database?: Database }): Promise<readonly Finding[]> {
  try {
    opened.database = await openDatabaseForTools(settings);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof DatabaseStartError)) throw thrown;
    return [fault(DATABASE, thrown.message, 'Do what the line says; docs/operations.md has a table of such lines.')];
  }
}

async function lookAt(database: Database, settings: Settings): Promise<readonly Finding[]> {
  const first = await within(
    DATABASE,
    withClient(database.url, (client) => checkServerItself(client, database)),
  );
  if (first.some(({ level }) => level === 'fault')) return first;
  const rest = await Promise.all([
    within('schema', () => checkSchema(database.url)),
    within(
      'connections',
      withClient(database.url, (client) => checkConnections(client, settings)),
    ),
    within('clock', withClient(database.url, checkClock)),
    within('superuser', withClient(database.url, checkSuperuser)),
    within('signing keys', () => checkKeys(database.url, settings)),
  ]);
  return [...first, ...rest.flat()];
}

const BY_DEFAULT = 'Start PostgreSQL, or mend DATABASE_URL (host, port, user, password, name of the database).';
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;

const withClient =
  (url: string, look: (client: DatabaseClient) => Promise<readonly Finding[]>): Look =>
  async (signal) => {
    const client = new DatabaseClient({ ...connectionConfig(url, 'switchboard-doctor'), query_timeout: LIMIT_MS });
    client.on('error', () => undefined); // the query that it breaks says so
    signal.addEventListener('abort', () => void client.end().catch(() => undefined), { once: true });
    try {
      await client.connect();
    } catch (thrown) {
      const found = `${placeOf(url)} does not let us in: ${reasonOf(thrown)}`;
      return [fault(DATABASE, found, sentence(remedyOf(thrown) ?? BY_DEFAULT))];
    }
    try {
      return await look(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  };

async function checkServerItself(client: DatabaseClient, { url, describe }: Database): Promise<readonly Finding[]> {
  try {
    await checkServer(async (text) => (await client.query(text)).rows as never);
    await refuseSharedSessions(url);
  } catch (thrown) {
    if (!(thrown instanceof DatabaseStartError)) throw thrown;
    return [fault(DATABASE, thrown.message, 'Mend that at the database server; Switchboard does not start before.')];
  }
  const { rows } = await client.query<{ version: string; standby: boolean; creates: boolean }>(
    `SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS standby,
       has_schema_privilege(current_schema(), 'CREATE') AS creates`,
  );
  const [row] = rows;
  if (row?.standby) {
    return [fault(DATABASE, 'it is a standby, to which nothing can be written', 'Point DATABASE_URL at the primary.')];
  }
  if (!row?.creates) {
    const mend = 'Make the role of DATABASE_URL the owner of the database, or GRANT CREATE ON SCHEMA public to it.';
    return [fault(DATABASE, 'the role may not make tables in it', mend)];
  }
  return [ok(DATABASE, `${describe}, version ${row.version}`), await checkLatency(client)];
}

async function checkLatency(client: DatabaseClient): Promise<Finding> {
  const times: number[] = [];
  for (let i = 0; i < PINGS; i += 1) {
    const from = performance.now();
    await client.query('SELECT 1');
    times.push(performance.now() - from);
  }
  const best = Math.min(...times);
  const found = `answers within ${best.toFixed(1)} ms`;
  if (best <= SLOW_MS) return ok(DATABASE, found);
  return warning(DATABASE, found, 'Put the database into the same network as the server.');
}

async function checkSchema(url: string): Promise<readonly Finding[]> {
  const { done, pending, unknown } = await schemaStatus(url);
  if (unknown.length > 0) {
    const found = `a newer version of Switchboard has been here (${unknown.join(', ')})`;
    return [warning('schema', found, 'Start the newest version again, or restore a backup of before.')];
  }
  if (pending.length === 0) return [ok('schema', `up to date, ${done.length} migrations`)];
  if (done.length === 0) return [ok('schema', 'empty: the first start makes the tables')];
  return [
    warning(
      'schema',
      `${pending.length} migrations are still to be run: ${pending.join(', ')}`,
      `${NAME} db migrate, or start the server.`,
    ),
  ];
}

/** Each limit with those that count towards it; -1 is no limit. */
const CONNECTIONS = `
  WITH clients AS (
    SELECT datname, usename, datname = current_database() AND application_name = 'switchboard' AS is_ours
    FROM pg_stat_activity WHERE backend_type = 'client backend'
  )
  SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS most,
    (SELECT count(*)::int FROM clients) AS used, (SELECT count(*)::int FROM clients WHERE is_ours) AS ours
  UNION ALL
  SELECT rolconnlimit, (SELECT count(*)::int FROM clients WHERE usename = current_user),
    (SELECT count(*)::int FROM clients WHERE is_ours AND usename = current_user)
  FROM pg_roles WHERE rolname = current_user
  UNION ALL
  SELECT datconnlimit, (SELECT count(*)::int FROM clients WHERE datname = current_database()),
    (SELECT count(*)::int FROM clients WHERE is_ours)
  FROM pg_database WHERE datname = current_database()`;

interface Limit {
  readonly most: number;
  readonly used: number;
  /** Those of a server that runs, among them. */
  readonly ours: number;
}

async function checkConnections(client: DatabaseClient, { DATABASE_POOL: pool }: Settings): Promise<readonly Finding[]> {
  const check = 'connections';
  const { rows } = await client.query<Limit>(CONNECTIONS);
  // One more listens to what the other nodes have changed.
  const wanted = pool + 1;
  // Those of a server that runs are the ones that it wants.
  const freeOf = ({ most, used, ours }: Limit): number => most - used + Math.min(ours, wanted);
  const limits = rows.filter(({ most }) => most >= 0).sort((a, b) => freeOf(a) - freeOf(b));
  const tightest = limits.find(({ most }) => most < wanted) ?? limits[0];
  if (!tightest) return [];
  const { most, used } = tightest;
  const found = `${most} at most, ${used} in use; a node takes up to ${wanted} (DATABASE_POOL=${pool})`;
  if (most < wanted) return [fault(check, found, `Raise max_connections of the database, or lower DATABASE_POOL below ${most}.`)];
  const free = freeOf(tightest);
  if (free >= wanted + SPARE) return [ok(check, found)];
  return [warning(check, found, 'Raise max_connections of the database, lower DATABASE_POOL, or end what else is connected.')];
}

/** The database's clock decides when sessions end; the server's, when tokens do. */
async function checkClock(client: DatabaseClient): Promise<readonly Finding[]> {
  const from = Date.now();
  const { rows } = await client.query<{ at: number }>('SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS at');
  const middle = (from + Date.now()) / 2;
  const apart = Math.abs((rows[0]?.at ?? middle) - middle);
  const found = `${Math.round(apart)} ms apart from the database's`;
  if (apart <= CLOCK_MS) return [ok('clock', found)];
  const mend = 'Let both machines set their clocks from the network (chrony, systemd-timesyncd).';
  return [fault('clock', `${found}: tokens and sessions end too early or too late`, mend)];
}

async function checkSuperuser(client: DatabaseClient): Promise<readonly Finding[]> {
  const check = 'superuser';
  const mend = `${NAME} users create <name> --superuser, or users promote <account>.`;
  const { rows: made } = await client.query<{ made: boolean }>(`SELECT to_regclass('users') IS NOT NULL AS made`);
  if (!made[0]?.made) return [warning(check, 'there are no accounts yet', mend)];
  const { rows } = await client.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM users WHERE is_superuser AND is_active',
  );
  const count = rows[0]?.count ?? 0;
  return [count > 0 ? ok(check, `${count} active`) : warning(check, 'there is none: nobody can look after accounts', mend)];
}

async function checkKeys(url: string, settings: Settings): Promise<readonly Finding[]> {
  const check = 'signing keys';
  const { done } = await schemaStatus(url);
  const seal = done.length > 0 ? await opensKeys(url, settings) : 'none';
  if (seal === 'none') return [ok(check, 'none yet: the first start makes one')];
  if (seal === 'fits') {
    const sealed = 'APP_SECRET is the one that they were sealed with';
    if (settings.PREVIOUS_APP_SECRET === undefined) return [ok(check, sealed)];
    return [warning(check, `${sealed}, and PREVIOUS_APP_SECRET is still set`, 'Take PREVIOUS_APP_SECRET away on every node.')];
  }
  if (seal === 'previous') {
    const mend = `Once every node has both, run ${NAME} keys reseal. Then take PREVIOUS_APP_SECRET away.`;
    return [warning(check, 'sealed with PREVIOUS_APP_SECRET', mend)];
  }
  const found = seal === 'missing' ? 'there is no secret to open them with' : 'sealed with another APP_SECRET than this';
  return [fault(check, found, 'Give the server the APP_SECRET (or DATA_DIR/app-secret) that it had before.')];
}

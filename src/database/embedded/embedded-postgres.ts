import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../../errors/thrown.js';
import { DatabaseStartError } from '../start-error.js';
import { accountFor } from './account.js';
import { findBinaries } from './binaries.js';
import { answers, provision, urlOf } from './greeting.js';
import { untilUsedAlone, useAlong } from './guests.js';
import { argumentFor, prepareCluster, type Installation } from './init.js';
import { prepareLayout, readPassword, type Layout } from './layout.js';
import { DataDirInUseError, takeLock, type Lock } from './lock.js';
import { findOrphan } from './postmaster.js';
import { Supervisor } from './supervisor.js';

export interface EmbeddedPostgresOptions {
  /** DATA_DIR. */
  readonly dataDir: string;
  /** How many connections we shall want; the server takes some more, for the command line and the like. */
  readonly connections: number;
  /** Gets a line for each thing that the person who runs the server may want to know. */
  readonly log: (line: string) => void;
  /** The same of what keeps a command waiting. */
  readonly warn?: (line: string) => void;
}

export interface EmbeddedPostgres {
  /** For the server: a role that owns its database and nothing else. Stays the same when PostgreSQL is started again. */
  readonly url: string;
  /** As the cluster's superuser, in the database `postgres`. */
  readonly superuserUrl: string;
  /** The folder of the cluster. */
  readonly directory: string;
  /** The process number of PostgreSQL; another one after it had to be started again. */
  readonly pid: number;
  /** Stops PostgreSQL. Takes 16 s at most; may be called again. */
  stop(): Promise<void>;
}

const ATTACH_MS = 30_000;

/**
 * Starts PostgreSQL in DATA_DIR (making the cluster first where there is none), or takes over one that a killed process left running there,
 * and keeps it running until `stop`.
 * @throws DatabaseStartError whose message is the line to print
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const layout = await prepareLayout(options.dataDir);
  const account = await accountFor(layout.cluster);
  let lock: Lock | undefined;
  try {
    lock = await takeLock(layout.locks, layout.dataDir);
    return await startLocked(layout, account, lock, options);
  } catch (thrown) {
    lock?.release();
    if (thrown instanceof DatabaseStartError) throw thrown;
    const reason = reasonOf(thrown);
    throw new DatabaseStartError(`The embedded database in ${layout.dataDir} cannot be started: ${reason}`, { cause: thrown });
  }
}

async function startLocked(
  layout: Layout,
  account: Installation['account'],
  lock: Lock,
  { connections, log }: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const installation = { layout, account, binaries: await findBinaries(account, log) };
  const password = await prepareCluster(installation);
  const argument = await argumentFor(layout.cluster, account, log);
  const supervisor = new Supervisor(installation, { argument, password, maxConnections: Math.max(100, connections + 20), log });
  await supervisor.start();
  try {
    await provision(supervisor.port, password);
  } catch (thrown) {
    await supervisor.stop();
    throw thrown;
  }
  return {
    ...urlsOf(supervisor.port, password),
    directory: layout.cluster,
    get pid() {
      return supervisor.pid;
    },
    stop: async () => {
      await supervisor.stop();
      lock.release();
    },
  };
}

const urlsOf = (port: number, password: string) => ({
  url: urlOf(port, password, 'server'),
  superuserUrl: urlOf(port, password, 'superuser'),
});

/**
 * For the command line: joins the PostgreSQL of a server (or of another command) that runs on DATA_DIR, whose `stop` then leaves it alone;
 * without one starts PostgreSQL for the while, and its `stop` waits for other commands that have joined it.
 * @throws DatabaseStartError
 */
export async function attachOrStart(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const deadline = performance.now() + ATTACH_MS;
  for (;;) {
    try {
      return forTheWhile(await startEmbeddedPostgres(options), options);
    } catch (thrown) {
      if (!(thrown instanceof DataDirInUseError)) throw thrown;
      const joined = await attach(await prepareLayout(options.dataDir));
      if (joined) return joined;
      if (performance.now() > deadline) throw thrown;
      await sleep(200);
    }
  }
}

function forTheWhile(server: EmbeddedPostgres, { warn }: EmbeddedPostgresOptions): EmbeddedPostgres {
  const { url, superuserUrl, directory } = server;
  return {
    url,
    superuserUrl,
    directory,
    get pid() {
      return server.pid;
    },
    stop: async () => {
      await untilUsedAlone(superuserUrl, () => warn?.('Done; waiting for another command that uses this database'));
      await server.stop();
    },
  };
}

async function attach(layout: Layout): Promise<EmbeddedPostgres | undefined> {
  const [password, running] = await Promise.all([readPassword(layout), findOrphan(layout.cluster)]);
  if (password === undefined || !running || !(await answers(running.port, password))) return undefined;
  const urls = urlsOf(running.port, password);
  const leave = await useAlong(urls.superuserUrl);
  return leave && { ...urls, directory: layout.cluster, pid: running.pid, stop: leave };
}

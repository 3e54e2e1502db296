import { execFile, spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BARE_ENVIRONMENT } from './binaries.js';
import type { Installation } from './init.js';
import { alive, anyWorksIn, startOf, worksIn } from './processes.js';

const FAST_STOP_MS = 8_000;
const POLL_MS = 100;
const KEPT_CHARACTERS = 4_000;

/** A running PostgreSQL server: our child, or one that a killed process of ours left behind. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** Resolves when it is gone, with what is known of the reason; never rejects. */
  readonly gone: Promise<string>;
  /** Whether it is gone: from then on its number may be another process's. */
  readonly ended: boolean;
}

function postmaster(pid: number, port: number, gone: Promise<string>): Postmaster {
  const made = { pid, port, gone, ended: false };
  void gone.then(() => {
    made.ended = true;
  });
  return made;
}

/** How a server is started. */
export interface LaunchOptions {
  /** How the cluster is named to it. */
  readonly argument: string;
  readonly port: number;
  /** The most connections that it takes. */
  readonly maxConnections: number;
}

/** Starts a server in a process group of its own: Ctrl-C must reach us alone, since we still need it to shut down. */
export function launch(
  { layout, account, binaries }: Installation,
  { argument, port, maxConnections }: LaunchOptions,
): Postmaster {
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: maxConnections,
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    password_encryption: 'scram-sha-256',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Faults of statements are the server's to log, without the e-mail addresses that PostgreSQL quotes in them.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_checkpoints: 'off',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(binaries.postgres, ['-D', argument, ...args], {
    ...account.ids,
    cwd: layout.cluster,
    env: BARE_ENVIRONMENT,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    windowsHide: true,
  });
  // Neither must keep our process from ending.
  child.unref();
  if (child.stderr instanceof Socket) child.stderr.unref();
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-KEPT_CHARACTERS);
  });
  const gone = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      // What it said last may still be in the pipe; its children may hold the other end, so do not wait for the end of it.
      setTimeout(() => resolve(`${signal ?? `exit code ${code}`}${lastWords(said)}`), 20);
    });
  });
  return postmaster(child.pid ?? -1, port, gone);
}

function lastWords(said: string): string {
  const lines = said.split('\n').map((line) => line.replace(/^[-\d: .]+UTC \[\d+\] /, '').trim());
  const telling = lines.filter((line) => /^(FATAL|PANIC|HINT|DETAIL)/.test(line) || line.includes('could not bind'));
  const last = telling.length > 0 ? telling.slice(-3) : lines.filter(Boolean).slice(-1);
  return last.length > 0 ? `: ${last.join(' ')}` : '';
}

/** A server in this cluster that still runs, started by a process of ours that was killed. */
export async function findOrphan(cluster: string): Promise<Postmaster | undefined> {
  const found = await readPidFile(cluster);
  if (!found || !(await worksIn(found.pid, cluster))) return undefined;
  const start = await startOf(found.pid);
  return postmaster(found.pid, found.port, waitUntilGone(found.pid, start));
}

async function waitUntilGone(pid: number, start: string | undefined): Promise<string> {
  while (start !== undefined && (await startOf(pid)) === start) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS).unref());
  }
  return 'it was started by an earlier process';
}

/**
 * Removes a `postmaster.pid` whose number now belongs to another program of the same user, as it does in containers, where numbers are few:
 * PostgreSQL would take that program for itself and refuse to start. Kept as long as any process works in the cluster.
 */
export async function removeStalePidFile(cluster: string): Promise<void> {
  const found = await readPidFile(cluster);
  if (found && alive(found.pid) && !(await anyWorksIn(cluster))) await rm(join(cluster, 'postmaster.pid'), { force: true });
}

/** The first and fourth lines of `postmaster.pid` (PostgreSQL: src/include/utils/pidfile.h). */
async function readPidFile(cluster: string): Promise<{ pid: number; port: number } | undefined> {
  const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return Number.isInteger(pid) && pid > 0 ? { pid, port } : undefined;
}

function signal({ pid, ended }: Postmaster, name: NodeJS.Signals): void {
  if (ended || pid <= 0) return; // it could not be started: 0 and -1 would mean other processes
  try {
    process.kill(pid, name);
  } catch {
    // Gone already.
  }
}

/** Asks it to stop, without waiting: for the last moment of our process. */
export function askToStop(postmaster: Postmaster): void {
  signal(postmaster, 'SIGINT');
  signal(postmaster, 'SIGCONT'); // one that somebody has halted hears nothing
}

/** Fast shutdown; after 8 s an immediate one, which recovers at the next start; after 16 s the end. Returns when it is gone. */
export async function shutDown(postmaster: Postmaster, { layout, binaries }: Installation): Promise<void> {
  if (postmaster.ended) return;
  // Windows has no signals; there PostgreSQL listens to its own tool.
  if (process.platform === 'win32')
    void promisify(execFile)(binaries.pgCtl, ['stop', '-D', layout.cluster, '-m', 'fast']).catch(() => undefined);
  else signal(postmaster, 'SIGINT');
  signal(postmaster, 'SIGCONT'); // one that somebody has halted hears nothing
  const immediate = setTimeout(() => signal(postmaster, 'SIGQUIT'), FAST_STOP_MS);
  const end = setTimeout(() => signal(postmaster, 'SIGKILL'), 2 * FAST_STOP_MS);
  await postmaster.gone;
  clearTimeout(immediate);
  clearTimeout(end);
}

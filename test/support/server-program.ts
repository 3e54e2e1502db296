import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { urlOf } from '../../src/database/embedded/greeting.js';
import { worksIn } from '../../src/database/embedded/processes.js';
import { compile, linkPackages } from './compiled.js';
import { ended, postmasterIn } from './embedded.js';
import { Client } from './http-client.js';
import { until } from './until.js';

/** What a process that has ended leaves behind. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunOptions {
  readonly variables?: Readonly<Record<string, string>>;
  /** A folder that an earlier process used; else a new one. */
  readonly dataDir?: string;
}

/** A server as a process of its own, whose end and whose output a test can see. */
export class ServerProcess {
  /** What it wrote to standard output: its log. */
  log = '';
  /** What it wrote to standard error: for people. */
  errors = '';
  readonly exited: Promise<Ended>;
  private upOn: number | undefined;

  constructor(
    private readonly child: ChildProcess,
    readonly dataDir: string,
  ) {
    this.exited = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  get port(): number {
    if (this.upOn === undefined) throw new Error('The server is not up');
    return this.upOn;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  client(token?: string): Client {
    return new Client(this.url, token);
  }

  /** Waits until it says that it is up. @throws Error with what it said instead */
  async up(): Promise<this> {
    await until(() => !this.running || /is up at http:\/\/\S+:\d+/.test(this.errors), 60_000);
    const port = /is up at http:\/\/\S+:(\d+)/.exec(this.errors)?.[1];
    if (port === undefined) throw new Error(`The server did not start: ${this.errors}`);
    this.upOn = Number(port);
    return this;
  }

  /** The lines of its log, each parsed. */
  lines(): Record<string, unknown>[] {
    return this.log
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Its embedded database: the process, and the way in for its superuser. */
  async database(): Promise<{ readonly pid: number; readonly url: string }> {
    const data = join(this.dataDir, 'data');
    // PostgreSQL's documentation of `postmaster.pid`: the process is in the first line, the port in the fourth.
    const [pid, , , port] = (await readFile(join(data, 'postgres/postmaster.pid'), 'utf8')).split('\n');
    const password = (await readFile(join(data, 'postgres.password'), 'utf8')).trim();
    return { pid: Number(pid), url: urlOf(Number(port), password, 'superuser') };
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    if (this.running) this.child.kill('SIGKILL');
    await this.exited;
  }

  /** Asks it to stop and waits until it has. */
  async stop(): Promise<Ended> {
    if (this.running) this.child.kill('SIGTERM');
    return this.exited;
  }
}

/** The server compiled into a folder of its own, to be run in processes that tests may kill. */
export class ServerProgram {
  private readonly processes: ServerProcess[] = [];
  private readonly folders: string[];

  private constructor(private readonly folder: string) {
    this.folders = [folder];
  }

  static async make(): Promise<ServerProgram> {
    const folder = await compile('src/main.ts');
    await linkPackages(folder);
    return new ServerProgram(folder);
  }

  async newFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'switchboard-server-'));
    this.folders.push(folder);
    // The embedded database may run as another user.
    await chmod(folder, 0o755);
    return folder;
  }

  /** Starts it; `up` of what it returns waits until it serves. */
  async run({ variables = {}, dataDir }: RunOptions = {}): Promise<ServerProcess> {
    const data = dataDir ?? (await this.newFolder());
    const child = spawn(process.execPath, [join(this.folder, 'src/main.js')], {
      cwd: data,
      env: {
        PATH: process.env['PATH'],
        HOME: data,
        HOST: '127.0.0.1',
        PORT: '0',
        DATA_DIR: join(data, 'data'),
        RATE_LIMIT: 'off',
        LOGIN_THROTTLE: 'off',
        APP_SECRET: 'a secret of thirty-two bytes at least',
        ...variables,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const started = new ServerProcess(child, data);
    this.processes.push(started);
    return started;
  }

  async start(options: RunOptions = {}): Promise<ServerProcess> {
    return (await this.run(options)).up();
  }

  /** Ends every server that still runs. */
  async killAll(): Promise<void> {
    for (const started of this.processes) await started.kill();
  }

  /** Ends everything that it started, databases left behind too, and removes all folders. */
  async close(): Promise<void> {
    await this.killAll();
    for (const folder of this.folders) {
      const cluster = join(await realpath(join(folder, 'data')).catch(() => folder), 'postgres');
      const pid = await postmasterIn(cluster);
      if (pid !== undefined && (await worksIn(pid, cluster))) {
        process.kill(pid, 'SIGKILL');
        await until(() => ended(pid), 15_000);
      }
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    }
  }
}

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { SessionRecord } from '../../src/auth/sessions.service.js';
import type { KeyRecord } from '../../src/auth/signing-keys.js';
import type { SchemaStatus } from '../../src/cli/schema.js';
import type { UserRecord } from '../../src/users/user-record.js';
import { compile, linkPackages } from './compiled.js';

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** What the commands answer in JSON, all of it: each test looks at the fields of its command, and fails where they are missing. */
export interface Fields {
  readonly user: UserRecord;
  readonly users: readonly UserRecord[];
  readonly next_after: number | null;
  readonly password: string;
  readonly token: string;
  readonly sessions: readonly SessionRecord[];
  readonly kid: string;
  readonly keys: readonly KeyRecord[];
  readonly database: string;
  readonly migrations: Pick<SchemaStatus, 'done' | 'pending' | 'unknown'>;
}

export interface RunOptions {
  readonly variables?: Readonly<Record<string, string>>;
  /** Standard input; without it there is none, and no terminal either. */
  readonly input?: string | Buffer;
  /** Whether nobody reads what it prints. */
  readonly deaf?: boolean;
  /** At whose end it gets what Ctrl-C sends. */
  readonly interrupt?: () => Promise<unknown>;
}

/** The command line as a program of its own, in a folder of its own without an `.env`. */
export class Cli {
  private constructor(
    private readonly program: string,
    readonly folder: string,
    private readonly variables: Readonly<Record<string, string>>,
  ) {}

  /** @param variables the settings of every run */
  static async make(variables: Readonly<Record<string, string>>): Promise<Cli> {
    const program = await compile('src/cli/main.ts');
    await linkPackages(program);
    return new Cli(program, await mkdtemp(join(tmpdir(), 'switchboard-cli-')), variables);
  }

  private start(args: readonly string[], variables: Readonly<Record<string, string>> = {}): ChildProcessWithoutNullStreams {
    return spawn(process.execPath, [join(this.program, 'src/cli/main.js'), ...args], {
      cwd: this.folder,
      env: { PATH: process.env['PATH'], HOME: this.folder, ...this.variables, ...variables },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  async run(args: readonly string[], { variables = {}, input, deaf = false, interrupt }: RunOptions = {}): Promise<Outcome> {
    const child = this.start(args, variables);
    const outcome = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (outcome.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (outcome.err += text));
    if (deaf) child.stdout.destroy();
    child.stdin.on('error', () => undefined); // it may end without reading all of it
    child.stdin.end(input);
    const interrupted = interrupt?.().then(() => child.kill('SIGINT'));
    const [code] = (await once(child, 'close')) as [number | null];
    await interrupted;
    return { code, ...outcome };
  }

  /** Runs what answers in bytes that are no text, and has to succeed. */
  async bytes(args: readonly string[]): Promise<Buffer> {
    const child = this.start(args);
    child.stdin.end();
    child.stderr.resume();
    const [out, [code]] = await Promise.all([buffer(child.stdout), once(child, 'close') as Promise<[number | null]>]);
    if (code !== 0) throw new Error(`${args.join(' ')}: ${code}`);
    return out;
  }

  /** Runs what has to succeed, without a word on stderr. @returns what it answers in JSON */
  async json(args: readonly string[], options?: RunOptions): Promise<Fields> {
    const { code, out, err } = await this.run([...args, '--json'], options);
    if (code !== 0 || err !== '') throw new Error(`${args.join(' ')}: ${code} ${err}`);
    return JSON.parse(out) as Fields;
  }

  async close(): Promise<void> {
    await rm(this.program, { recursive: true, force: true });
    await rm(this.folder, { recursive: true, force: true });
  }
}

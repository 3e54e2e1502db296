import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const top = resolve(import.meta.dirname, '../..');

/**
 * Compiles a program of the tests, with what it imports, so that plain Node runs it in a process of its own.
 * @param program its path below the top folder
 * @returns the folder that it was compiled into; the caller removes it
 */
export async function compile(program: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'switchboard-compiled-'));
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  const options = [
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--experimentalDecorators',
    '--emitDecoratorMetadata',
    '--useDefineForClassFields',
    'false',
  ];
  const what = ['--ignoreConfig', '--noCheck', '--rootDir', '.', '--outDir', folder, program];
  await run(process.execPath, [tsc, ...options, ...what], { cwd: top });
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  return folder;
}

/** Lets what was compiled into `folder` use the packages of this project. */
export async function linkPackages(folder: string): Promise<void> {
  await symlink(join(top, 'node_modules'), join(folder, 'node_modules'), 'junction');
}

/** A process that speaks in lines of JSON. */
export class Program {
  readonly exited: Promise<unknown[]>;
  errors = '';
  private readonly lines: AsyncIterator<string>;

  constructor(path: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    // A process group of its own, as a shell would give it: what Ctrl-C reaches.
    this.child = spawn(process.execPath, [path, ...args], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.exited = once(this.child, 'exit');
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
    if (!this.child.stdout) throw new Error('no pipe');
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  private readonly child: ChildProcess;

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get exitCode(): number | null {
    return this.child.exitCode;
  }

  /** The next line that it prints. */
  async next<T>(): Promise<T> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`the process has ended: ${this.errors}`);
    return JSON.parse(value) as T;
  }

  /** Writes a line to it. */
  tell(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** What Ctrl-C does. */
  interrupt(): void {
    process.kill(-this.pid, 'SIGINT');
  }

  /** Ends it, whatever state it is in. */
  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.exited;
  }
}

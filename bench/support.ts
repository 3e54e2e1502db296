import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const TOP = resolve(import.meta.dirname, '..');
const TICKS_PER_SEC = 100;
/** How a server is started so that it can be asked for `Subject.memory`. */
const MEASURED = ['--expose-gc', '--import', pathToFileURL(join(import.meta.dirname, 'memory.mjs')).href];

export interface ServerOptions {
  /** The checkout whose build is started; this one unless given. */
  readonly top?: string;
  /** A folder that an earlier server used, which is kept. */
  readonly dataDir?: string;
  /** Options of Node. */
  readonly args?: readonly string[];
}

export const print = (text: string): void => console.log(text);

/** A server in a process of its own, so that its work can be told from that of whoever measures it. */
export class Subject {
  private constructor(
    readonly name: string,
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly cleanUp: () => Promise<void>,
  ) {}

  /** One of `bench/yardsticks`: it prints its port. */
  static async yardstick(name: string, variables: Readonly<Record<string, string>> = {}): Promise<Subject> {
    const program = join(import.meta.dirname, 'yardsticks', `${name}.ts`);
    const child = spawn(process.execPath, [...MEASURED, '--import', 'tsx', program], {
      env: { ...process.env, ...variables },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    const port = await firstLine(child, (line) => /^\d+$/.test(line));
    return new Subject(name, `http://127.0.0.1:${port}`, child, () => Promise.resolve());
  }

  /** The built server on an empty embedded database, with limits off. */
  static async switchboard(variables: Readonly<Record<string, string>> = {}, options: ServerOptions = {}): Promise<Subject> {
    const { top = TOP, args = [] } = options;
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'switchboard-bench-')));
    const child = spawn(process.execPath, [...MEASURED, ...args, join(top, 'dist/src/main.js')], {
      cwd: top,
      env: {
        ...process.env,
        HOST: '127.0.0.1',
        PORT: '0',
        DATA_DIR: join(dataDir, 'data'),
        RATE_LIMIT: 'off',
        LOGIN_THROTTLE: 'off',
        LOG_LEVEL: 'warn',
        MAX_CONNECTIONS_PER_USER: '0',
        MAX_CONNECTIONS_PER_ADDRESS: '0',
        MAX_ANONYMOUS_CONNECTIONS_PER_ADDRESS: '0',
        QUOTA_MESSAGES_PER_DAY: '0',
        QUOTA_MEGABYTES_PER_DAY: '0',
        ...variables,
      },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const [url = ''] = /http:\S+/.exec(await firstLine(child, (line) => line.includes('is up at'), 'stderr')) ?? [];
    const cleanUp = (): Promise<void> => (options.dataDir ? Promise.resolve() : rm(dataDir, { recursive: true, force: true }));
    return new Subject('switchboard', url, child, cleanUp);
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  /** CPU seconds that the process has used, its own and the kernel's for it. */
  cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SEC;
  }

  /** What it holds once everything unused is collected. */
  async memory(): Promise<Memory> {
    const answer = once(this.child, 'message');
    this.child.send('memory');
    return (await answer)[0] as Memory;
  }

  async stop(): Promise<void> {
    const exited = new Promise((done) => this.child.once('exit', done));
    this.child.kill('SIGTERM');
    await exited;
    await this.cleanUp();
  }
}

function firstLine(
  child: ChildProcess,
  wanted: (line: string) => boolean,
  stream: 'stdout' | 'stderr' = 'stdout',
): Promise<string> {
  return new Promise((found, failed) => {
    const input = child[stream];
    if (!input) return failed(new Error('no pipe'));
    const lines: string[] = [];
    child.once('exit', () => failed(new Error(`it ended: ${lines.join('\n')}`)));
    createInterface({ input }).on('line', (line) => {
      lines.push(line);
      if (wanted(line)) found(line);
    });
  });
}

/** Memory of a process, in bytes. */
export interface Memory {
  /** In use on its heap and beside it. */
  readonly used: number;
  /** What the machine has given it. */
  readonly rss: number;
}

/** What one round of one subject gave. */
export interface Round {
  /** Units of work done. */
  readonly work: number;
  /** Seconds it took. */
  readonly seconds: number;
  /** CPU seconds that the server used. */
  readonly cpu: number;
  /** Milliseconds, where the latency was taken. */
  readonly p50?: number;
  readonly p99?: number;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[middle] ?? Number.NaN) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

export const percentile = (values: readonly number[], p: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * p))] ?? Number.NaN;

/** Measures two subjects in turn (A B A B …), so that whatever else the machine does disturbs both alike. */
export async function interleaved(
  rounds: number,
  measureYardstick: () => Promise<Round>,
  measureOurs: () => Promise<Round>,
): Promise<{ readonly yardstick: readonly Round[]; readonly ours: readonly Round[] }> {
  await measureYardstick();
  await measureOurs();
  const yardstick: Round[] = [];
  const ours: Round[] = [];
  for (let i = 0; i < rounds; i++) {
    yardstick.push(await measureYardstick());
    ours.push(await measureOurs());
  }
  return { yardstick, ours };
}

const perSecond = ({ work, seconds }: Round): number => work / seconds;
const perCpuSecond = ({ work, cpu }: Round): number => work / cpu;

/** Prints both sides and the ratio of each round, as median (least-most). */
export function report(
  title: string,
  unit: string,
  results: { readonly yardstick: readonly Round[]; readonly ours: readonly Round[] },
): void {
  const { yardstick, ours } = results;
  const ratios = (measure: (round: Round) => number) => ours.map((round, i) => measure(round) / measure(yardstick[i] as Round));
  const spread = (values: readonly number[], digits: number) =>
    `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)})`;
  console.log(`\n${title}`);
  console.log(
    `  yardstick    ${spread(yardstick.map(perSecond), 0)} ${unit}/s, ${spread(yardstick.map(perCpuSecond), 0)} per CPU-second`,
  );
  console.log(`  switchboard  ${spread(ours.map(perSecond), 0)} ${unit}/s, ${spread(ours.map(perCpuSecond), 0)} per CPU-second`);
  console.log(`  ratio        ${spread(ratios(perSecond), 2)} by time, ${spread(ratios(perCpuSecond), 2)} by server CPU`);
  if (ours[0]?.p50 === undefined) return;
  const p50 = (round: Round): number => round.p50 ?? Number.NaN;
  const p99 = (round: Round): number => round.p99 ?? Number.NaN;
  const latency = (rounds: readonly Round[]): string =>
    `p50 ${spread(rounds.map(p50), 2)} ms, p99 ${spread(rounds.map(p99), 2)} ms`;
  console.log(`  latency      yardstick ${latency(yardstick)}; switchboard ${latency(ours)}`);
  console.log(`  ratio        p50 ${spread(ratios(p50), 2)}, p99 ${spread(ratios(p99), 2)}`);
}

/** Makes accounts through the server itself and gives their tokens. */
export async function register(url: string, count: number): Promise<string[]> {
  const tokens: string[] = [];
  for (let from = 0; from < count; from += 20) {
    const batch = Array.from({ length: Math.min(20, count - from) }, async (_unused, i) => {
      const name = `bench-${from + i}`;
      const response = await fetch(`${url}/api/v1/auth/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: name, email: `${name}@example.com`, password: 'correct horse' }),
      });
      return ((await response.json()) as { access_token: string }).access_token;
    });
    tokens.push(...(await Promise.all(batch)));
  }
  return tokens;
}

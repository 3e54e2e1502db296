import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Subject } from '../support.js';
import type { Kind } from './kinds.js';
import { seed } from './seed.js';

export interface Account {
  readonly base: string;
  /** A server that nobody attacks, of `bench/yardsticks/ws-json`. */
  readonly control: string;
  readonly token: string;
  readonly username: string;
  readonly password: string;
}

/** Milliseconds. */
export interface Waits {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

/** What a neighbour saw. */
export interface Look {
  readonly ping: Waits;
  /** Pings of a server that nobody attacks: what the machine alone does to them. */
  readonly control: Waits;
  readonly list: Waits;
  /** `refused` are the statuses of log-ins that failed; 0 where there was no answer. */
  readonly login: Waits & { readonly refused: readonly number[] };
}

/** What one attack did to one build. */
export interface Outcome {
  readonly quiet: Look;
  readonly attacked: Look;
  /** MiB of the server's process: before, and at most during the attack. */
  readonly memory: { readonly before: number; readonly peak: number };
}

const PASSWORD = 'correct horse battery';
const NAMES = ['neighbour', 'attacker', 'reader', 'collector', 'writer'] as const;
type Name = (typeof NAMES)[number];

const WARM_SEC = 0.7;
const QUIET_SEC = 2.5;
const ATTACK_SEC = 4;
/** An attack goes on before and after it is looked at. */
const MARGIN_SEC = 0.5;
const SAMPLE_MS = 100;
/** The attacker has what the server and its neighbour leave of this machine: in earnest it would have one of its own. */
const ATTACKER_NICENESS = '10';

const program = (...path: string[]): string[] => ['--import', 'tsx', join(import.meta.dirname, ...path)];

/** One build of the server on a database of its own, which is filled once. For each attack its process is a new one, with the defaults as limits. */
export class Build {
  private readonly tokens = new Map<Name, string>();

  private constructor(
    readonly name: string,
    private readonly top: string | undefined,
    private readonly control: string,
    private readonly dataDir: string,
    private readonly profiles: string | undefined,
  ) {}

  /**
   * @param control of a server that nobody attacks
   * @param top the checkout with the build; this one unless given
   * @param profiles a folder for CPU profiles
   */
  static async prepare(name: string, control: string, top?: string, profiles?: string): Promise<Build> {
    const dataDir = await mkdtemp(join(tmpdir(), 'switchboard-bench-'));
    // The embedded database may run as another user.
    await chmod(dataDir, 0o755);
    const build = new Build(name, top, control, dataDir, profiles);
    try {
      await build.fill();
      return build;
    } catch (error) {
      await build.remove();
      throw error;
    }
  }

  private async fill(): Promise<void> {
    const subject = await this.start({ RATE_LIMIT: 'off', LOGIN_THROTTLE: 'off' });
    try {
      const ids: Partial<Record<Name, number>> = {};
      for (const username of NAMES) {
        const email = `${username}@example.com`;
        const made = await post(`${subject.url}/api/v1/auth/register`, { username, email, password: PASSWORD });
        const token = String(made['access_token']);
        const me = await fetch(`${subject.url}/api/v1/users/me`, { headers: { authorization: `Bearer ${token}` } });
        ids[username] = ((await me.json()) as { id: number }).id;
        this.tokens.set(username, token);
      }
      await seed(this.dataDir, ids as Record<Name, number>);
    } finally {
      await subject.stop();
    }
  }

  private start(variables: Readonly<Record<string, string>>, label?: string): Promise<Subject> {
    const profile =
      label && this.profiles
        ? ['--cpu-prof', '--cpu-prof-dir', this.profiles, '--cpu-prof-name', `${label}-${this.name}.cpuprofile`]
        : [];
    return Subject.switchboard(
      {
        RATE_LIMIT: 'on',
        LOGIN_THROTTLE: 'on',
        MAX_CONNECTIONS_PER_USER: '100',
        MAX_CONNECTIONS_PER_ADDRESS: '1000',
        ...variables,
      },
      { dataDir: this.dataDir, args: profile, ...(this.top ? { top: this.top } : {}) },
    );
  }

  async suffer(kind: Kind): Promise<Outcome> {
    const subject = await this.start({}, kind.attack);
    const neighbour = await this.neighbourOf(subject.url);
    try {
      await neighbour.look(WARM_SEC);
      const quiet = await neighbour.look(QUIET_SEC);
      const before = memoryOf(subject.pid);
      const attackEnds = once(this.attack(kind, subject.url), 'exit');
      const watch = watchMemory(subject.pid);
      await sleep(MARGIN_SEC * 1000);
      const attacked = await neighbour.look(ATTACK_SEC);
      await attackEnds;
      return { quiet, attacked, memory: { before, peak: watch.stop() } };
    } finally {
      neighbour.stop();
      await subject.stop();
    }
  }

  private async neighbourOf(base: string) {
    const child = spawn(process.execPath, program('watcher.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const account: Account = {
      base,
      control: this.control,
      token: this.tokens.get('neighbour') ?? '',
      username: 'neighbour',
      password: PASSWORD,
    };
    child.send(account);
    await once(child, 'message');
    return {
      look: async (seconds: number): Promise<Look> => {
        child.send(seconds);
        return (await once(child, 'message'))[0] as Look;
      },
      stop: () => void child.kill(),
    };
  }

  private attack({ attack, as }: Kind, base: string): ChildProcess {
    const seconds = String(ATTACK_SEC + 2 * MARGIN_SEC);
    const tokens = as ? [this.tokens.get(as) ?? ''] : [];
    const args = [...program('..', 'attacks', 'main.ts'), attack, base, seconds, ...tokens];
    return spawn('nice', ['-n', ATTACKER_NICENESS, process.execPath, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  }

  async remove(): Promise<void> {
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** MiB that a process has in memory. */
function memoryOf(pid: number): number {
  const [, kilobytes = 'NaN'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

/** Looks again and again; `stop` gives the most that was seen. */
function watchMemory(pid: number): { stop(): number } {
  let peak = memoryOf(pid);
  const timer = setInterval(() => {
    peak = Math.max(peak, memoryOf(pid));
  }, SAMPLE_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return peak;
    },
  };
}

async function post(url: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

export interface DaemonPlan {
  readonly program: string;
  /** Files by their names. They, and the daemon, are in a folder of its own. */
  files(port: number, folder: string): Readonly<Record<string, string>>;
  arguments(folder: string): string[];
}

/** A program of Debian's that serves one port of its own, until the test ends it. */
export class Daemon {
  private said = '';

  private constructor(
    readonly port: number,
    readonly folder: string,
    private readonly child: ChildProcess,
  ) {
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => (this.said += text.toString()));
  }

  /** @throws Error with what the program said where it does not come up */
  static async start(plan: DaemonPlan): Promise<Daemon> {
    const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'switchboard-daemon-'))];
    await chmod(folder, 0o755);
    for (const [name, text] of Object.entries(plan.files(port, folder))) await writeFile(join(folder, name), text);
    const environment = { PATH: process.env['PATH'], HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
    const child = spawn(plan.program, plan.arguments(folder), {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const daemon = new Daemon(port, folder, child);
    for (const deadline = performance.now() + 20_000; !(await answers(port)); await sleep(20)) {
      if (child.exitCode === null && performance.now() < deadline) continue;
      await daemon.stop();
      throw new Error(`${plan.program} did not come up: ${daemon.said}`);
    }
    return daemon;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      await Promise.race([once(this.child, 'exit'), sleep(3_000).then(() => this.child.kill('SIGKILL'))]);
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

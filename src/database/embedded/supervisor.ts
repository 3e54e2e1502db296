import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../../errors/thrown.js';
import { DatabaseStartError } from '../start-error.js';
import { answers } from './greeting.js';
import type { Installation } from './init.js';
import { askToStop, findOrphan, launch, removeStalePidFile, shutDown, type Postmaster } from './postmaster.js';

export interface SupervisorOptions {
  /** How the cluster is named to PostgreSQL. */
  readonly argument: string;
  /** Of the superuser. */
  readonly password: string;
  readonly maxConnections: number;
  readonly log: (line: string) => void;
}

const ATTEMPTS = 60;
const POLL_MS = 20;
const ADOPT_MS = 5_000;
const TELL_EVERY_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 5_000;
/** Who has run for so long is not one that falls over at every start. */
const STEADY_MS = 60_000;

/** What may be over in a moment: a port that somebody was quicker to take, or processes of a server that was killed. */
const PASSING = /could not bind|could not create any TCP|pre-existing shared memory|lock file .* already exists/i;

/** Keeps one PostgreSQL running until it is told to stop. */
export class Supervisor {
  private current: Postmaster | undefined;
  private readonly stopping = new AbortController();
  private watching: Promise<void> = Promise.resolve();
  private readonly lastMoment = (): void => {
    if (this.current) askToStop(this.current);
  };

  constructor(
    private readonly installation: Installation,
    private readonly options: SupervisorOptions,
  ) {}

  get pid(): number {
    return this.current?.pid ?? -1;
  }

  /** Chosen at the first start and kept at every later one, so that pools find the server again. */
  get port(): number {
    return this.current?.port ?? -1;
  }

  /**
   * Starts the server, or takes over the one that runs already.
   * @throws DatabaseStartError with what PostgreSQL said
   */
  async start(): Promise<void> {
    // Before anything runs: our process may be told to end while PostgreSQL still starts.
    process.once('exit', this.lastMoment);
    try {
      this.current = (await this.adopt()) ?? (await this.firstStart());
    } catch (thrown) {
      process.off('exit', this.lastMoment);
      throw thrown;
    }
    this.watching = this.watch();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    process.off('exit', this.lastMoment);
    if (this.current) await shutDown(this.current, this.installation);
    await this.watching;
  }

  /** A server left behind is kept if it answers: its clients' work is safe either way, and it is up already. */
  private async adopt(): Promise<Postmaster | undefined> {
    const orphan = await findOrphan(this.installation.layout.cluster);
    if (!orphan) return undefined;
    if (await this.answersInTime(orphan)) {
      this.options.log(`PostgreSQL (process ${orphan.pid}) was left running by a server that was killed; taken over`);
      return orphan;
    }
    this.options.log(
      `PostgreSQL (process ${orphan.pid}) was left running by a server that was killed and does not answer; stopping it`,
    );
    await shutDown(orphan, this.installation);
    return undefined;
  }

  private async answersInTime(orphan: Postmaster): Promise<boolean> {
    const { password } = this.options;
    let running = true;
    void orphan.gone.then(() => {
      running = false;
    });
    for (const deadline = performance.now() + ADOPT_MS; running && performance.now() < deadline; await sleep(POLL_MS)) {
      if (await answers(orphan.port, password).catch(() => false)) return true;
    }
    return false;
  }

  private async firstStart(): Promise<Postmaster> {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.tryStart(await freePort());
      if (typeof outcome !== 'string') return outcome;
      if (attempt === ATTEMPTS || !PASSING.test(outcome)) throw new DatabaseStartError(`PostgreSQL does not start: ${outcome}`);
      await sleep(250);
    }
  }

  /** @returns the server once it answers, or the reason why it ended before */
  private async tryStart(port: number): Promise<Postmaster | string> {
    const { layout } = this.installation;
    await removeStalePidFile(layout.cluster);
    if (this.stopping.signal.aborted) return 'stopped';
    const { argument, maxConnections, password, log } = this.options;
    const postmaster = launch(this.installation, { argument, port, maxConnections });
    this.current = postmaster;
    let ended: string | undefined;
    void postmaster.gone.then((reason) => {
      ended = reason;
    });
    let tellAt = performance.now() + TELL_EVERY_MS;
    for (;;) {
      const up = await answers(port, password).catch((thrown: unknown) => this.refused(postmaster, thrown));
      if (ended !== undefined) return ended;
      if (up) return postmaster;
      if (performance.now() > tellAt) {
        tellAt = performance.now() + TELL_EVERY_MS;
        log('PostgreSQL is still starting; after a crash it first replays its log');
      }
      await sleep(POLL_MS);
    }
  }

  private async refused(postmaster: Postmaster, thrown: unknown): Promise<false> {
    // It may be a stranger at that port who refuses, and ours is about to say that it could not have it.
    if (await Promise.race([postmaster.gone.then(() => true), sleep(1_000).then(() => false)])) return false;
    await shutDown(postmaster, this.installation);
    const reason = reasonOf(thrown);
    throw new DatabaseStartError(`PostgreSQL in ${this.installation.layout.cluster} refuses its own password file: ${reason}`, {
      cause: thrown,
    });
  }

  private async watch(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    for (let postmaster = this.current; postmaster; postmaster = this.current) {
      const since = performance.now();
      const reason = await postmaster.gone;
      if (this.stopping.signal.aborted) return;
      if (performance.now() - since > STEADY_MS) pause = FIRST_PAUSE_MS;
      this.options.log(`PostgreSQL (process ${postmaster.pid}) ended unexpectedly (${reason}); starting it again`);
      pause = await this.startAgain(postmaster.port, pause);
      if (this.stopping.signal.aborted) return;
      this.options.log(`PostgreSQL runs again (process ${this.pid})`);
    }
  }

  /**
   * Tries until it runs or is no longer wanted: what kept it down, such as a full disk, may be mended meanwhile.
   * @returns the pause before the first attempt of the next time
   */
  private async startAgain(port: number, firstPause: number): Promise<number> {
    for (let pause = firstPause; ; ) {
      await sleep(pause, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      pause = Math.min(2 * pause, LAST_PAUSE_MS);
      if (this.stopping.signal.aborted) return pause;
      const outcome = await this.tryStart(port).catch(String);
      if (typeof outcome !== 'string' || this.stopping.signal.aborted) return pause;
      if (!PASSING.test(outcome)) this.options.log(`PostgreSQL does not start: ${outcome}; trying again`);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

import fc, { type Arbitrary } from 'fast-check';
import { heapBytes } from '../heap.js';
import { CASES, SEED } from './fuzzing.js';
import type { TestServer } from '../server.js';

/** For as many cases as somebody may wish. */
export const FUZZ_TIMEOUT_MS = 6 * 3_600_000;
/** Runs of one seed: a failure is repeated from the beginning of these. */
const RUNS = 10;
/** Bytes that the heap may grow by between the end of the warm-up and the end. */
const MOST_GROWTH = 32 * 1024 * 1024;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

export interface Target<Given> {
  readonly name: string;
  readonly server: TestServer;
  readonly arbitrary: Arbitrary<Given>;
  /** Tries what is given. @returns how many cases that were; throws what is wrong */
  run(given: Given): Promise<number>;
}

/** What is left after all cases. */
export interface Outcome {
  readonly isReady: boolean;
  readonly faults: readonly string[];
  readonly hasGrown: boolean;
}

/** As it has to be. */
export const SOUND: Outcome = { isReady: true, faults: [], hasGrown: false };

/**
 * Tries as many cases as wanted, in runs of consecutive seeds.
 * @returns how the server has come through
 */
export async function fuzz<Given>({ name, server, arbitrary, run }: Target<Given>): Promise<Outcome> {
  print(`fuzz ${name}: seed ${SEED}, ${CASES} cases`);
  let cases = 0;
  let heapAfterWarmUp: number | undefined;
  const from = performance.now();
  const usedBefore = process.cpuUsage();
  const property = fc.asyncProperty(arbitrary, async (given) => {
    cases += await run(given);
  });
  for (let seed = SEED; cases < CASES; seed += 1) {
    try {
      await fc.assert(property, { seed, numRuns: RUNS, plugins: [fc.interruptAfterTimeLimit(60_000)] });
    } catch (thrown) {
      print(`fuzz ${name}: failed; repeat it with: npm run fuzz -- --only ${name} --seed ${seed} --cases 1`);
      throw shortened(thrown);
    }
    if (cases >= CASES / 5) heapAfterWarmUp ??= heapBytes();
  }
  const seconds = (performance.now() - from) / 1000;
  const used = process.cpuUsage(usedBefore);
  const busy = (used.user + used.system) / 1e6;
  const growth = heapBytes() - (heapAfterWarmUp ?? 0);
  const grown = `heap ${(growth / 2 ** 20).toFixed(1)} MiB more than after the warm-up`;
  print(`fuzz ${name}: ${cases} cases in ${seconds.toFixed(1)} s (${busy.toFixed(1)} s of computing), ${grown}`);
  return { ...(await stateOf(server)), hasGrown: heapAfterWarmUp !== undefined && growth > MOST_GROWTH };
}

/** What failed, without the megabyte that a counterexample may be: its seed makes it again. */
function shortened(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const { message, stack = '' } = thrown;
  thrown.message = message.length > 4_000 ? `${message.slice(0, 3_000)} … ${message.slice(-1_000)}` : message;
  const calls = stack.split('\n').filter((line) => /^ {4}at /.test(line));
  thrown.stack = [`${thrown.name}: ${thrown.message}`, ...calls].join('\n');
  return thrown;
}

/** What the server says of itself: whether it is ready, and the faults of its own that it has counted. A database that was
 * too slow for it is none. */
async function stateOf(server: TestServer): Promise<Pick<Outcome, 'isReady' | 'faults'>> {
  const { status } = await server.client().get('/health/ready');
  const { body } = await server.client().get<string>('/metrics');
  return {
    isReady: status === 200,
    faults: body.split('\n').filter((line) => /^switchboard_faults_total\{code="internal"\} [1-9]/.test(line)),
  };
}

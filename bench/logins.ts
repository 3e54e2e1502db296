import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { interleaved, register, report, type Round, Subject } from './support.js';

/** Log-ins a second against the raw limit of the hash with the same parameters on the same cores. */
const SECONDS = 4;
const PASSWORD = 'correct horse';

async function rawHashes(stored: string): Promise<Round> {
  const cpu = ownCpuSeconds();
  const { work, seconds } = await rate(availableParallelism(), () => verify(stored, PASSWORD).then((isGood) => isGood));
  return { work, seconds, cpu: ownCpuSeconds() - cpu };
}

async function logIns(server: Subject): Promise<Round> {
  const cpu = server.cpuSeconds();
  const { work, seconds } = await rate(16, async () => {
    const response = await fetch(`${server.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'bench-0', password: PASSWORD }),
    });
    await response.arrayBuffer();
    return response.status === 200;
  });
  return { work, seconds, cpu: server.cpuSeconds() - cpu };
}

function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** How much is done in the time, with `width` under way at a time. */
async function rate(width: number, work: () => Promise<boolean>): Promise<{ work: number; seconds: number }> {
  const start = performance.now();
  let done = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() - start < SECONDS * 1000) if (await work()) done += 1;
  };
  await Promise.all(Array.from({ length: width }, worker));
  return { work: done, seconds: (performance.now() - start) / 1000 };
}

const server = await Subject.switchboard();
await register(server.url, 1);
const stored = await hash(PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
report(
  `Log-ins, ${availableParallelism()} cores, 16 at a time, against bare hashes`,
  'log-ins',
  await interleaved(
    5,
    () => rawHashes(stored),
    () => logIns(server),
  ),
);
await server.stop();

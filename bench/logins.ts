import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { median, register, Subject } from './support.js';

/** Log-ins a second against the raw limit of the hash with the same parameters on the same cores. */
const SECONDS = 4;
const ROUNDS = 5;
const PASSWORD = 'correct horse';

async function rawHashes(): Promise<number> {
  const stored = await hash(PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  return rate(availableParallelism(), () => verify(stored, PASSWORD).then((isGood) => isGood));
}

async function logIns(url: string): Promise<number> {
  return rate(16, async () => {
    const response = await fetch(`${url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'bench-0', password: PASSWORD }),
    });
    await response.arrayBuffer();
    return response.status === 200;
  });
}

/** How many a second, with `width` under way at a time. */
async function rate(width: number, work: () => Promise<boolean>): Promise<number> {
  const start = performance.now();
  let done = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() - start < SECONDS * 1000) if (await work()) done += 1;
  };
  await Promise.all(Array.from({ length: width }, worker));
  return done / ((performance.now() - start) / 1000);
}

const server = await Subject.switchboard();
await register(server.url, 1);
const raw: number[] = [];
const ours: number[] = [];
for (let i = 0; i < ROUNDS; i++) {
  raw.push(await rawHashes());
  ours.push(await logIns(server.url));
}
const ratios = ours.map((value, i) => value / (raw[i] ?? 1));
console.log(`\nLog-ins, ${availableParallelism()} cores, 16 at a time`);
console.log(`  raw hashes   ${median(raw).toFixed(0)}/s`);
console.log(`  switchboard  ${median(ours).toFixed(0)}/s`);
console.log(`  ratio        ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`);
await server.stop();

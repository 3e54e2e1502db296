import { WebSocket } from 'ws';
import { median, type Memory, Subject } from './support.js';

/** Memory per idle connection against bare `ws`, without what the kernel keeps for each. */
const CONNECTIONS = 10_000;
const ROUNDS = 3;

async function bytesPerConnection(start: () => Promise<Subject>, path: string): Promise<Memory> {
  const subject = await start();
  const url = subject.url.replace('http', 'ws') + path;
  const open = (i: number): Promise<WebSocket> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url.replace('{}', String(i)), { perMessageDeflate: false });
      socket.once('open', () => resolve(socket)).once('error', reject);
    });
  const sockets: WebSocket[] = [];
  // The first connections pay for code and buffers that all share.
  for (let i = 0; i < 500; i++) sockets.push(await open(i));
  const before = await settled(subject);
  for (let from = 0; from < CONNECTIONS; from += 100) {
    sockets.push(...(await Promise.all(Array.from({ length: 100 }, (_unused, i) => open(1000 + from + i)))));
  }
  const after = await settled(subject);
  for (const socket of sockets) socket.terminate();
  await subject.stop();
  return { used: (after.used - before.used) / CONNECTIONS, rss: (after.rss - before.rss) / CONNECTIONS };
}

/** Memory once the last greetings are written and forgotten. */
async function settled(subject: Subject): Promise<Memory> {
  await new Promise((done) => setTimeout(done, 3000));
  return subject.memory();
}

const theirs: Memory[] = [];
const own: Memory[] = [];
for (let i = 0; i < ROUNDS; i++) {
  theirs.push(await bytesPerConnection(() => Subject.yardstick('ws-json'), '/'));
  own.push(await bytesPerConnection(() => Subject.switchboard(), '/ws/client-{}'));
}

console.log(`\nMemory per idle connection, ${CONNECTIONS} connections, after garbage collection`);
for (const [title, of] of [
  ['resident', ({ rss }: Memory) => rss],
  ['in use', ({ used }: Memory) => used],
] as const) {
  const ratios = own.map((memory, i) => of(memory) / of(theirs[i] ?? memory));
  const kib = (values: readonly Memory[]): string => `${(median(values.map(of)) / 1024).toFixed(1)} KiB`;
  console.log(`  ${title.padEnd(9)} bare ws ${kib(theirs)}, switchboard ${kib(own)}`);
  console.log(`  ratio     ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`);
}

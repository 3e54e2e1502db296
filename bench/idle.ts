import { WebSocket } from 'ws';
import { Subject } from './support.js';

/** Memory in use per idle connection against bare `ws`: of the heap and beside it, without the kernel's. */
const CONNECTIONS = 5_000;

async function bytesPerConnection(subject: Subject, path: string): Promise<number> {
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
  return (after - before) / CONNECTIONS;
}

/** Memory once the last greetings are written and forgotten. */
async function settled(subject: Subject): Promise<number> {
  await new Promise((done) => setTimeout(done, 3000));
  return subject.memory();
}

const yardstick = await Subject.yardstick('ws-json');
const ours = await Subject.switchboard();
const theirs = await bytesPerConnection(yardstick, '/');
const own = await bytesPerConnection(ours, '/ws/client-{}');
console.log(`\nMemory per idle connection, ${CONNECTIONS} connections`);
console.log(`  bare ws      ${(theirs / 1024).toFixed(1)} KiB`);
console.log(`  switchboard  ${(own / 1024).toFixed(1)} KiB`);
console.log(`  ratio        ${(own / theirs).toFixed(2)}`);
await Promise.all([yardstick.stop(), ours.stop()]);

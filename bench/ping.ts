import { WebSocket } from 'ws';
import { interleaved, percentile, register, report, type Round, Subject } from './support.js';

/** Command round trips (`system.ping`) of 50 connections against bare `ws` with JSON. */
const CONNECTIONS = 50;
const SECONDS = 4;
const FRAME = JSON.stringify({
  type: 'command',
  v: 1,
  request_id: 'req_a1b2c3d4e5f6a7b8',
  domain: 'system',
  command: 'ping',
  payload: { sent_at: 1735689600 },
});

async function connect(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}

async function roundTrips(subject: Subject, sockets: readonly WebSocket[]): Promise<Round> {
  const cpu = subject.cpuSeconds();
  const start = performance.now();
  const end = start + SECONDS * 1000;
  let work = 0;
  const latencies: number[] = [];
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((done) => {
          let sentAt = performance.now();
          const onMessage = (): void => {
            const now = performance.now();
            work += 1;
            if (work % 50 === 0) latencies.push(now - sentAt);
            if (now >= end) {
              socket.off('message', onMessage);
              return done();
            }
            sentAt = now;
            socket.send(FRAME);
          };
          socket.on('message', onMessage);
          socket.send(FRAME);
        }),
    ),
  );
  const seconds = (performance.now() - start) / 1000;
  return { work, seconds, cpu: subject.cpuSeconds() - cpu, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
}

const yardstick = await Subject.yardstick('ws-json');
const ours = await Subject.switchboard();
const [token] = await register(ours.url, 1);
const wsUrl = (subject: Subject): string => subject.url.replace('http', 'ws');
const theirSockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(wsUrl(yardstick))));
const ourSockets = await Promise.all(
  Array.from({ length: CONNECTIONS }, () => connect(`${wsUrl(ours)}/v1/connect?token=${token}`)),
);
report(
  `Command round trips, ${CONNECTIONS} connections`,
  'round trips',
  await interleaved(
    5,
    () => roundTrips(yardstick, theirSockets),
    () => roundTrips(ours, ourSockets),
  ),
);
for (const socket of [...theirSockets, ...ourSockets]) socket.terminate();
await Promise.all([yardstick.stop(), ours.stop()]);

import autocannon from 'autocannon';
import { interleaved, register, report, type Round, Subject } from './support.js';

/** `GET /api/v1/users/me`, fresh from PostgreSQL, with 200 different tokens, against bare Fastify with the same body. */
const SECONDS = 5;
const CONNECTIONS = 64;

async function load(subject: Subject, path: string, tokens: readonly string[]): Promise<Round> {
  const cpu = subject.cpuSeconds();
  const requests = (tokens.length > 0 ? tokens : ['']).map((token) => ({
    method: 'GET' as const,
    path,
    headers: token ? { authorization: `Bearer ${token}` } : {},
  }));
  const result = await autocannon({ url: subject.url, connections: CONNECTIONS, duration: SECONDS, requests });
  if (result.non2xx > 0) throw new Error(`${result.non2xx} answers were errors`);
  return {
    work: result['2xx'],
    seconds: result.duration,
    cpu: subject.cpuSeconds() - cpu,
    p50: result.latency.p50,
    p99: result.latency.p99,
  };
}

const yardstick = await Subject.yardstick('fastify');
const ours = await Subject.switchboard();
const tokens = await register(ours.url, 200);
report(
  `GET /api/v1/users/me, ${CONNECTIONS} connections`,
  'requests',
  await interleaved(
    5,
    () => load(yardstick, '/', []),
    () => load(ours, '/api/v1/users/me', tokens),
  ),
);
await Promise.all([yardstick.stop(), ours.stop()]);

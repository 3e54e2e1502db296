import { Redis } from 'ioredis';
import { reasonOf } from '../../errors/thrown.js';
import { type Finding, fault, ok, type Look, warning } from './finding.js';

const CHECK = 'redis';
const OLDEST = 6;
/** Milliseconds of one question and answer above which every event is noticeably late. */
const SLOW_MS = 20;
const PINGS = 5;

/** Whether the Redis of several nodes answers, quickly, and forgets nothing. */
export const checkRedis =
  (url: string): Look =>
  async (signal) => {
    const client = new Redis(url, {
      connectionName: 'switchboard:doctor',
      disableClientInfo: true,
      lazyConnect: true,
      connectTimeout: 4_000,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
    let reason: unknown;
    client.on('error', (error: unknown) => (reason = error));
    signal.addEventListener('abort', () => client.disconnect(), { once: true });
    try {
      await client.connect();
      return [...judge(await client.info()), await latencyOf(client)];
    } catch (thrown) {
      const found = `${new URL(url).host} does not answer: ${reasonOf(reason ?? thrown)}`;
      return [fault(CHECK, found, 'Start Redis, or mend REDIS_URL (host, port, password, redis:// or rediss://).')];
    } finally {
      client.disconnect();
    }
  };

function judge(info: string): Finding[] {
  const field = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const findings: Finding[] = [];
  const version = field('redis_version');
  if (Number.parseInt(version, 10) < OLDEST) {
    findings.push(fault(CHECK, `version ${version}`, `Install Redis ${OLDEST} or newer.`));
  }
  const policy = field('maxmemory_policy');
  // Without a limit nothing is ever evicted.
  if (field('maxmemory') !== '0' && policy !== 'noeviction') {
    const found = `maxmemory-policy is ${policy}: when it is full it drops keys that the nodes rely on`;
    findings.push(fault(CHECK, found, 'Set maxmemory-policy noeviction in redis.conf.'));
  }
  if (field('role') !== 'master') {
    findings.push(fault(CHECK, 'it is a replica, to which nothing can be written', 'Point REDIS_URL at the primary.'));
  }
  if (findings.length === 0) findings.push(ok(CHECK, `version ${version}, keeps what it is given`));
  return findings;
}

async function latencyOf(client: Redis): Promise<Finding> {
  const times: number[] = [];
  for (let i = 0; i < PINGS; i += 1) {
    const from = performance.now();
    await client.ping();
    times.push(performance.now() - from);
  }
  const best = Math.min(...times);
  const found = `answers within ${best.toFixed(1)} ms`;
  if (best <= SLOW_MS) return ok(CHECK, found);
  return warning(CHECK, found, 'Put Redis into the same network as the nodes.');
}

import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectRedis } from '../../src/bus/redis.js';
import { Settings } from '../../src/config/settings.js';
import { Metrics } from '../../src/ops/metrics.js';
import { RateLimits } from '../../src/ops/rate-limits.js';
import { has } from '../support/capabilities.js';
import { TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';

describe.runIf(has.redis)('limits over Redis', () => {
  let server: TestRedis;
  let clients: Redis[];
  let nodes: RateLimits[];

  const passes = async (node: RateLimits, tries: number, kind: 'api' | 'general' = 'api'): Promise<number> => {
    const waits = await Promise.all(Array.from({ length: tries }, () => node.take(kind, '192.0.2.1')));
    expect(waits.every((wait) => Number.isInteger(wait) && wait >= 0)).toBe(true);
    return waits.filter((wait) => wait === 0).length;
  };

  beforeEach(async () => {
    Logger.overrideLogger(false);
    server = await TestRedis.start();
    clients = [connectRedis(server.url, 'one'), connectRedis(server.url, 'two')];
    nodes = clients.map((client) => new RateLimits(Settings.from({}), client, new Metrics()));
    await until(() => clients.every(({ status }) => status === 'ready'));
  });

  afterEach(async () => {
    for (const client of clients) client.disconnect();
    await server.stop();
  });

  it('count requests for all nodes together, refill, and leave nothing behind', async () => {
    const [one, two] = nodes as [RateLimits, RateLimits];
    const from = performance.now();
    const both = (await passes(one, 40)) + (await passes(two, 40));
    // What the bucket gained meanwhile, at 10 a second, passes too.
    const gained = Math.ceil((performance.now() - from) / 100);
    expect(both).toBeGreaterThanOrEqual(30);
    expect(both).toBeLessThanOrEqual(30 + gained);
    expect(await passes(one, 100, 'general')).toBeGreaterThanOrEqual(50);
    await until(async () => (await passes(two, 1)) === 1);
    await until(async () => (await clients[0]?.dbsize()) === 0, 6000);
  });

  it('count a request that costs as much as several', async () => {
    const [one, two] = nodes as [RateLimits, RateLimits];
    expect(await one.take('api', '192.0.2.1', 20)).toBe(0);
    const from = performance.now();
    expect(await two.take('api', '192.0.2.1', 1_000)).toBeGreaterThanOrEqual(Math.floor(2 - (performance.now() - from) / 1_000));
    expect(await passes(two, 40)).toBeLessThan(20);
  });

  it('go on, each node for itself, while Redis is away', async () => {
    const [one, two] = nodes as [RateLimits, RateLimits];
    await server.down();
    expect(await passes(one, 100)).toBeGreaterThanOrEqual(30);
    expect(await passes(one, 10)).toBeLessThan(10);
    expect(await passes(two, 30)).toBe(30);
  });

  it('answer within about a second when Redis hangs, and at once after that', async () => {
    const [one] = nodes as [RateLimits];
    server.freeze();
    const from = performance.now();
    expect(await one.take('api', '192.0.2.1')).toBe(0);
    expect(performance.now() - from).toBeLessThan(2500);
    const then = performance.now();
    expect(await one.take('api', '192.0.2.1')).toBe(0);
    expect(performance.now() - then).toBeLessThan(100);
    server.thaw();
  });

  it('share counters, which know keys by their hashes only', async () => {
    const [one, two] = nodes.map((node) => node.counter('logins', { points: 2, durationSec: 60 }));
    expect(await one?.consume('anna@example.com')).toEqual({ consumed: 1, exceeded: false, waitSec: 60 });
    expect(await two?.consume('anna@example.com')).toMatchObject({ consumed: 2, exceeded: false });
    expect(await one?.consume('anna@example.com')).toEqual({ consumed: 3, exceeded: true, waitSec: 60 });
    const refused = await two?.get('anna@example.com');
    expect(refused?.exceeded).toBe(true);
    expect(refused?.waitSec).toBeGreaterThan(50);
    const keys = (await clients[0]?.keys('*')) ?? [];
    expect(keys).toHaveLength(1);
    expect(keys.join()).not.toContain('anna');
    await two?.delete('anna@example.com');
    expect(await one?.get('anna@example.com')).toEqual({ consumed: 0, exceeded: false, waitSec: 0 });
  });

  it('keep counting, each node for itself, while Redis is away', async () => {
    const [one] = nodes.map((node) => node.counter('logins', { points: 2, durationSec: 60 }));
    await server.down();
    for (let n = 1; n <= 2; n++) expect(await one?.consume('k')).toMatchObject({ consumed: n, exceeded: false });
    expect(await one?.consume('k')).toMatchObject({ exceeded: true, waitSec: 60 });
    expect(await one?.get('k')).toMatchObject({ exceeded: true });
    await one?.delete('k');
    expect(await one?.get('k')).toMatchObject({ consumed: 0 });
  });
});

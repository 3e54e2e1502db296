import { afterEach, describe, expect, it, vi } from 'vitest';
import { Settings } from '../../src/config/settings.js';
import { addressKey } from '../../src/ops/address-key.js';
import { Counter } from '../../src/ops/counters.js';
import { Metrics } from '../../src/ops/metrics.js';
import { RateLimits } from '../../src/ops/rate-limits.js';
import { TokenBucket } from '../../src/ops/token-bucket.js';

describe('addressKey', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64'],
    ['not an address', 'not an address'],
  ])('%s is %s', (address, key) => expect(addressKey(address)).toBe(key));
});

describe('a token bucket', () => {
  const at = (shape: { capacity: number; rate: number }, maxKeys?: number) => {
    const clock = { ms: 1_000_000 };
    const bucket = new TokenBucket(shape, maxKeys, () => clock.ms);
    const passed = (tries: number, key = 'k') =>
      Array.from({ length: tries }, () => bucket.take(key)).filter((wait) => wait === 0).length;
    return { bucket, clock, passed };
  };

  it('lets the requests of a second and the burst pass at once, and no more', () => {
    expect(at({ capacity: 30, rate: 10 }).passed(100)).toBe(30);
    expect(at({ capacity: 50, rate: 30 }).passed(100)).toBe(50);
    expect(at({ capacity: 1, rate: 1 }).passed(100)).toBe(1);
  });

  it('refills at its rate up to its capacity, and refused requests cost nothing', () => {
    const { clock, passed } = at({ capacity: 30, rate: 10 });
    passed(1000);
    clock.ms += 1000;
    expect(passed(1000)).toBe(10);
    clock.ms += 3000;
    expect(passed(1000)).toBe(30);
    clock.ms += 3_600_000;
    expect(passed(1000)).toBe(30);
  });

  it('holds the rate in the long run, however the requests fall', () => {
    const { clock, passed } = at({ capacity: 30, rate: 10 });
    let total = 0;
    for (let n = 0; n < 1000; n++) {
      total += passed(3);
      clock.ms += 37;
    }
    expect(total).toBe(30 + Math.floor((999 * 37) / 100));
  });

  it('says after how many milliseconds there is one', () => {
    const { bucket, clock, passed } = at({ capacity: 3, rate: 2 });
    passed(3);
    expect(bucket.take('k')).toBeCloseTo(500);
    clock.ms += 499;
    expect(bucket.take('k')).toBeCloseTo(1);
    clock.ms += 1;
    expect(bucket.take('k')).toBe(0);
  });

  it('takes several tokens at once, parts of one too, all or none', () => {
    const { bucket, clock } = at({ capacity: 10, rate: 10 });
    expect(bucket.take('k', 7.5)).toBe(0);
    expect(bucket.take('k', 3)).toBeCloseTo(50);
    expect(bucket.take('k', 2.5)).toBe(0);
    clock.ms += 1_000;
    // What is more than it holds takes all of it.
    expect(bucket.take('k', 1_000)).toBe(0);
    expect(bucket.take('k')).toBeCloseTo(100);
  });

  it('can be charged what is not there, which comes back first, within ten seconds', () => {
    const { bucket, clock } = at({ capacity: 10, rate: 10 });
    expect(bucket.debt('k')).toBe(0);
    bucket.charge('k', 25);
    expect(bucket.debt('k')).toBeCloseTo(1_500);
    expect(bucket.take('k')).toBeCloseTo(1_600);
    clock.ms += 1_600;
    expect(bucket.debt('k')).toBe(0);
    expect(bucket.take('k')).toBe(0);
    bucket.charge('k', 1_000_000);
    clock.ms += 10_100;
    expect(bucket.take('k')).toBe(0);
  });

  it('remembers a bounded number of keys and forgets the longest idle one first', () => {
    const { bucket, passed } = at({ capacity: 1, rate: 1 }, 100);
    passed(1, 'busy');
    for (let n = 0; n < 1000; n++) {
      passed(1, `other-${n}`);
      passed(1, 'busy');
    }
    expect(bucket.size).toBe(100);
    expect(passed(1, 'other-999')).toBe(0);
    expect(passed(1, 'other-0')).toBe(1);
  });
});

describe('rate limits', () => {
  const limits = (variables: Record<string, string> = {}) => new RateLimits(Settings.from(variables), null, new Metrics());
  const passes = async (subject: RateLimits, kind: 'api' | 'general', tries: number, address = '192.0.2.1') => {
    const waits = await Promise.all(Array.from({ length: tries }, () => subject.take(kind, address)));
    return waits.filter((wait) => wait === 0).length;
  };

  it('allow by default 10 and 30 a second with a burst of 20, each class for itself', async () => {
    const subject = limits();
    expect(await passes(subject, 'api', 100)).toBe(30);
    expect(await passes(subject, 'general', 100)).toBe(50);
  });

  it('count a client once, be its IPv4 address inside IPv6, and its whole /64', async () => {
    const subject = limits();
    await passes(subject, 'api', 30, '192.0.2.1');
    expect(await passes(subject, 'api', 1, '::ffff:192.0.2.1')).toBe(0);
    await passes(subject, 'api', 30, '2001:db8::1');
    expect(await passes(subject, 'api', 1, '2001:db8::2')).toBe(0);
    expect(await passes(subject, 'api', 1, '2001:db8:0:1::1')).toBe(1);
  });

  it('answer with whole seconds, at least one', async () => {
    const subject = limits({ RATE_LIMIT_API: '1', RATE_LIMIT_BURST: '0' });
    expect(await subject.take('api', 'a')).toBe(0);
    expect(await subject.take('api', 'a')).toBe(1);
  });

  it('are gone with RATE_LIMIT=off, but counters are not', async () => {
    const subject = limits({ RATE_LIMIT: 'off' });
    expect(await passes(subject, 'api', 1000)).toBe(1000);
    const counter = subject.counter('x', { points: 1, durationSec: 60 });
    await counter.consume('k');
    expect(await counter.consume('k')).toMatchObject({ exceeded: true });
    expect(subject.counter('x', { points: 1, durationSec: 60 })).toBe(counter);
  });
});

describe('a counter in memory', () => {
  afterEach(() => void vi.useRealTimers());

  it('counts within a window, and starts anew', async () => {
    vi.useFakeTimers();
    const counter = new Counter('test', { points: 3, durationSec: 60 }, null);
    expect(await counter.get('k')).toEqual({ consumed: 0, exceeded: false, waitSec: 0 });
    for (let n = 1; n <= 3; n++) expect(await counter.consume('k')).toEqual({ consumed: n, exceeded: false, waitSec: 60 });
    expect(await counter.consume('k')).toEqual({ consumed: 4, exceeded: true, waitSec: 60 });
    expect(await counter.get('k')).toEqual({ consumed: 4, exceeded: true, waitSec: 60 });
    vi.advanceTimersByTime(59_000);
    expect(await counter.get('k')).toMatchObject({ exceeded: true, waitSec: 1 });
    vi.advanceTimersByTime(1000);
    expect(await counter.get('k')).toEqual({ consumed: 0, exceeded: false, waitSec: 0 });
    await counter.consume('k', 4);
    await counter.delete('k');
    expect(await counter.consume('k')).toMatchObject({ consumed: 1, exceeded: false });
  });

  it('keeps keys apart, and a bounded number of them', async () => {
    const counter = new Counter('test', { points: 1, durationSec: 3600 }, null);
    await counter.consume('first');
    for (let n = 0; n < 100_000; n++) await counter.consume(`k${n}`);
    expect(await counter.get('first')).toMatchObject({ consumed: 0 });
    expect(await counter.get('k1')).toMatchObject({ consumed: 1 });
  });
});

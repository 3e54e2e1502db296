import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { JsonValue } from '../../src/bus/bus.js';
import { MemoryBus } from '../../src/bus/memory-bus.js';
import { MemoryLeases } from '../../src/bus/memory-leases.js';

describe('the bus of a node that is alone', () => {
  it('has called every subscriber of the topic, and of no other, when publish returns', () => {
    const bus = new MemoryBus();
    const heard: JsonValue[] = [];
    bus.subscribe('a', (message) => heard.push(message));
    bus.subscribe('a', (message) => heard.push(message));
    bus.subscribe('b', () => heard.push('wrong'));
    bus.publish('a', { n: 1 });
    expect(heard).toEqual([{ n: 1 }, { n: 1 }]);
  });

  it('forwards to nobody, for there is no other node', () => {
    const bus = new MemoryBus();
    const heard: JsonValue[] = [];
    bus.subscribe('a', (message) => heard.push(message));
    bus.forward('a', 1);
    bus.publish('a', 2);
    expect(heard).toEqual([2]);
  });

  it('calls a handler that was subscribed twice twice, and once after one of the two has ended', () => {
    const bus = new MemoryBus();
    const handler = vi.fn<(message: JsonValue) => void>();
    const end = bus.subscribe('a', handler);
    bus.subscribe('a', handler);
    bus.publish('a', 1);
    end();
    end();
    bus.publish('a', 2);
    expect(handler.mock.calls).toEqual([[1], [1], [2]]);
  });

  it('goes on to the next subscriber when one throws', () => {
    const failed = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const bus = new MemoryBus();
    const heard: JsonValue[] = [];
    bus.subscribe('a', () => {
      throw new Error('broken');
    });
    bus.subscribe('a', (message) => heard.push(message));
    bus.publish('a', 1);
    expect(heard).toEqual([1]);
    expect(failed).toHaveBeenCalledWith(expect.objectContaining({ topic: 'a' }));
    failed.mockRestore();
  });

  it('lets a handler unsubscribe while it runs', () => {
    const bus = new MemoryBus();
    const heard: JsonValue[] = [];
    const end = bus.subscribe('a', (message) => {
      heard.push(message);
      end();
    });
    bus.subscribe('a', (message) => heard.push(message));
    bus.publish('a', 1);
    bus.publish('a', 2);
    expect(heard).toEqual([1, 1, 2]);
  });
});

describe('the leases of a node that is alone', () => {
  afterEach(() => void vi.useRealTimers());

  it('names the holder to everybody else until it is released', async () => {
    const leases = new MemoryLeases();
    expect(await leases.claim('k', 'anna', 60)).toEqual({ ok: true, isNew: true });
    expect(await leases.claim('k', 'anna', 60)).toEqual({ ok: true, isNew: false });
    expect(await leases.claim('k', 'ben', 60)).toEqual({ ok: false, owner: 'anna' });
    expect([await leases.owner('k'), await leases.owner('other')]).toEqual(['anna', null]);
    expect(await leases.heldOf(['other', 'k'])).toEqual(new Set(['k']));
    expect(await leases.release('k', 'ben')).toBe(false);
    expect(await leases.claim('k', 'ben', 60)).toEqual({ ok: false, owner: 'anna' });
    expect(await leases.release('k', 'anna')).toBe(true);
    expect(await leases.claim('k', 'ben', 60)).toEqual({ ok: true, isNew: true });
  });

  it('is free when it runs out, and renewing prolongs only what is held', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const leases = new MemoryLeases();
    await leases.claim('k', 'anna', 10);
    vi.advanceTimersByTime(9000);
    expect(await leases.renew('k', 'anna', 10)).toBe(true);
    expect(await leases.renew('k', 'ben', 10)).toBe(false);
    vi.advanceTimersByTime(9000);
    expect(await leases.claim('k', 'ben', 10)).toEqual({ ok: false, owner: 'anna' });
    vi.advanceTimersByTime(2000);
    expect(await leases.renew('k', 'anna', 10)).toBe(false);
    expect(await leases.heldOf(['k'])).toEqual(new Set());
    expect(await leases.claim('k', 'ben', 10)).toEqual({ ok: true, isNew: true });
  });
});

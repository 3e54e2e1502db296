import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonValue } from '../../src/bus/bus.js';
import { connectRedis } from '../../src/bus/redis.js';
import { RedisBus } from '../../src/bus/redis-bus.js';
import { RedisLeases } from '../../src/bus/redis-leases.js';
import { CoreError } from '../../src/errors/catalogue.js';
import { has } from '../support/capabilities.js';
import { TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';

/** One node as BusModule would build it. */
class TestNode {
  readonly id = randomUUID();
  readonly redis: Redis;
  readonly bus: RedisBus;
  readonly leases: RedisLeases;

  constructor(url: string) {
    this.redis = connectRedis(url, 'shared');
    this.bus = new RedisBus(connectRedis(url, 'publisher'), connectRedis(url, 'subscriber'), this.id);
    this.leases = new RedisLeases(this.redis, this.id);
  }

  hear(topic: string): JsonValue[] {
    const heard: JsonValue[] = [];
    this.bus.subscribe(topic, (message) => heard.push(message));
    return heard;
  }

  close(): void {
    this.bus.close();
    this.redis.disconnect();
  }
}

describe.runIf(has.redis)('over Redis', () => {
  let server: TestRedis;
  let nodes: TestNode[];
  let watchers: Redis[];

  const node = (): TestNode => {
    const made = new TestNode(server.url);
    nodes.push(made);
    return made;
  };
  const twoReady = async (): Promise<[TestNode, TestNode]> => {
    const pair: [TestNode, TestNode] = [node(), node()];
    await until(() => pair.every(({ bus }) => bus.ready()));
    return pair;
  };

  beforeEach(async () => {
    Logger.overrideLogger(false);
    nodes = [];
    watchers = [];
    server = await TestRedis.start();
  });

  afterEach(async () => {
    for (const each of nodes) each.close();
    for (const watcher of watchers) watcher.disconnect();
    await server.stop();
  });

  describe('the bus', () => {
    it('delivers here at once and once, and to the other node once and in order', async () => {
      const [a, b] = await twoReady();
      const hereHeard = a.hear('topic');
      const thereHeard = b.hear('topic');
      const elsewhere = b.hear('other');
      await until(() => b.bus.ready() && a.bus.ready());
      for (let n = 0; n < 500; n++) a.bus.publish('topic', { n, text: 'ü\u0000💬' });
      expect(hereHeard).toHaveLength(500);
      await until(() => thereHeard.length >= 500);
      // A round trip later an echo of the own messages would have come back, too.
      b.bus.publish('topic', 'end');
      await until(() => hereHeard.length > 500);
      expect(hereHeard).toHaveLength(501);
      expect(thereHeard).toEqual(hereHeard);
      expect(elsewhere).toEqual([]);
    });

    /** What goes over the wire on the channels of these topics. */
    const overTheWire = async (...topics: string[]): Promise<{ channel: string; text: string }[]> => {
      const seen: { channel: string; text: string }[] = [];
      const watcher = connectRedis(server.url, 'watcher');
      watchers.push(watcher);
      await until(() => watcher.status === 'ready');
      watcher.on('message', (channel: string, text: string) => seen.push({ channel, text }));
      await watcher.subscribe(...topics.map((topic) => `switchboard:1:bus:${topic}`));
      return seen;
    };

    it('publishes what one turn of the event loop says of a topic at once, and tells the others alone where it forwards', async () => {
      const [a, b] = await twoReady();
      const [here, there] = [a.hear('one'), b.hear('one')];
      const [hereTwo, thereTwo] = [a.hear('two'), b.hear('two')];
      await until(() => a.bus.ready() && b.bus.ready());
      const seen = await overTheWire('one', 'two');
      for (let n = 0; n < 200; n++) {
        a.bus.publish('one', n);
        a.bus.forward('two', { n });
      }
      await new Promise((turn) => setImmediate(turn));
      a.bus.publish('one', 'next turn');
      await until(() => there.length === 201);
      expect(there).toEqual([...Array(200).keys(), 'next turn']);
      expect(here).toEqual(there);
      expect(thereTwo).toEqual(Array.from({ length: 200 }, (_, n) => ({ n })));
      expect(hereTwo).toEqual([]);
      await until(() => seen.length >= 3);
      expect(seen.map(({ channel }) => channel.split(':').at(-1))).toEqual(['one', 'two', 'one']);
    });

    it('publishes at most a mebibyte at once, still in order', async () => {
      const [a, b] = await twoReady();
      const there = b.hear('topic');
      await until(() => b.bus.ready());
      const seen = await overTheWire('topic');
      const said = Array.from({ length: 50 }, (_, n) => `${n}${'ü'.repeat(50_000)}`);
      for (const message of said) a.bus.publish('topic', message);
      await until(() => there.length === said.length);
      expect(there).toEqual(said);
      await until(() => seen.length >= 5);
      for (const { text } of seen) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1024 * 1024);
      expect(seen.length).toBeLessThan(10);
    });

    it('still sends what was published in the turn in which it closes', async () => {
      const [a, b] = await twoReady();
      const there = b.hear('topic');
      await until(() => b.bus.ready());
      a.bus.publish('topic', 'farewell');
      a.close();
      await until(() => there.length > 0);
      expect(there).toEqual(['farewell']);
    });

    it('hears nothing more after the last subscription has ended', async () => {
      const [a, b] = await twoReady();
      const heard: JsonValue[] = [];
      const end = b.bus.subscribe('topic', (message) => heard.push(message));
      const fence = b.hear('fence');
      await until(() => b.bus.ready());
      a.bus.publish('topic', 1);
      await until(() => heard.length === 1);
      end();
      a.bus.publish('topic', 2);
      a.bus.publish('fence', 3);
      await until(() => fence.length === 1);
      expect(heard).toEqual([1]);
    });

    it('keeps databases of one Redis apart', async () => {
      const [a] = await twoReady();
      const other = new TestNode(server.url.replace(/\/1$/, '/2'));
      nodes.push(other);
      await until(() => other.bus.ready());
      const heard = other.hear('topic');
      const mine = a.hear('topic');
      await until(() => other.bus.ready());
      a.bus.publish('topic', 1);
      expect(mine).toEqual([1]);
      const foreign = new TestNode(server.url.replace(/\/1$/, '/2'));
      nodes.push(foreign);
      await until(() => foreign.bus.ready());
      foreign.bus.publish('topic', 2);
      await until(() => heard.length > 0);
      expect(heard).toEqual([2]);
    });

    it('ignores what is not a message of ours, says so, and goes on', async () => {
      const [a, b] = await twoReady();
      const warned = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      const heard = b.hear('topic');
      await until(() => b.bus.ready());
      const junk = ['', '{', 'null', '[]', '{"node":1,"messages":[1]}', '{"node":"x"}', '{"node":"x","messages":{"0":1}}'];
      for (const text of [...junk, 'x'.repeat(2_000_000)]) await a.redis.publish('switchboard:1:bus:topic', text);
      a.bus.publish('topic', 'good');
      await until(() => heard.length > 0);
      expect(heard).toEqual(['good']);
      expect(warned).toHaveBeenCalledWith(expect.objectContaining({ msg: 'a malformed bus message was ignored' }));
      warned.mockRestore();
    });

    it('delivers here while Redis is away, sends the rest when it is back, and tells everybody that something may be missing', async () => {
      const [a, b] = await twoReady();
      const here = a.hear('topic');
      const there = b.hear('topic');
      const restored = vi.fn();
      b.bus.onRestored(restored);
      await until(() => a.bus.ready() && b.bus.ready());
      await server.down();
      await until(() => !a.bus.ready() && !b.bus.ready());
      a.bus.publish('topic', 'while away');
      expect(here).toEqual(['while away']);
      expect(restored).not.toHaveBeenCalled();
      // The other node may well be subscribed only after this one has sent what waited: that is what `restored` is for.
      await server.up();
      await until(() => a.bus.ready() && b.bus.ready());
      await until(() => restored.mock.calls.length > 0);
      a.bus.publish('topic', 'back');
      await until(() => there.includes('back'));
      expect(here).toEqual(['while away', 'back']);
    });

    it('sends what waited to a node that was connected all the time', async () => {
      const b = node();
      const there = b.hear('topic');
      await until(() => b.bus.ready());
      // Not connected yet: everything waits.
      const a = node();
      for (let n = 0; n < 100; n++) a.bus.publish('topic', n);
      expect(a.bus.ready()).toBe(false);
      await until(() => there.length === 100);
      expect(there).toEqual(Array.from({ length: 100 }, (_, n) => n));
    });

    it('holds a bounded number of messages and admits to the others that some were lost', async () => {
      const b = node();
      const there = b.hear('topic');
      const restored = vi.fn();
      await until(() => b.bus.ready());
      b.bus.onRestored(restored);
      const a = node();
      const filler = 'x'.repeat(10_000);
      for (let n = 0; n < 2000; n++) a.bus.publish('topic', filler);
      await until(() => restored.mock.calls.length > 0);
      expect(there.length).toBeGreaterThan(700);
      expect(there.length).toBeLessThan(900);
    });

    it('admits a loss though nothing more is said, and however many messages wait', async () => {
      const b = node();
      const there = b.hear('topic');
      const restored = vi.fn();
      await until(() => b.bus.ready());
      b.bus.onRestored(restored);
      const a = node();
      for (let n = 0; n < 12_000; n++) a.bus.publish('topic', n);
      await until(() => restored.mock.calls.length > 0);
      expect(there).toEqual([...Array(10_000).keys()]);
    });

    it('notices a Redis that accepts but does not answer, and recovers from it', async () => {
      const [a, b] = await twoReady();
      const there = b.hear('topic');
      await until(() => b.bus.ready());
      server.freeze();
      a.bus.publish('topic', 'into the ice');
      await until(() => !a.bus.ready(), 3000);
      await until(() => !b.bus.ready(), 9000);
      server.thaw();
      await until(() => a.bus.ready() && b.bus.ready());
      a.bus.publish('topic', 'thawed');
      await until(() => there.includes('thawed'));
      expect(there.filter((message) => message === 'thawed')).toHaveLength(1);
    });
  });

  describe('leases', () => {
    it('are respected by every node, and free when the last node of the owner has released them', async () => {
      const [a, b] = await twoReady();
      expect(await a.leases.claim('k', 'anna', 60)).toEqual({ ok: true, isNew: true });
      expect(await b.leases.claim('k', 'ben', 60)).toEqual({ ok: false, owner: 'anna' });
      expect(await b.leases.claim('k', 'anna', 60)).toEqual({ ok: true, isNew: false });
      expect([await b.leases.owner('k'), await b.leases.owner('other')]).toEqual(['anna', null]);
      expect(await a.leases.heldOf(['other', 'k'])).toEqual(new Set(['k']));
      expect(await a.leases.release('k', 'anna')).toBe(false);
      expect(await a.leases.renew('k', 'anna', 60)).toBe(false);
      expect(await a.leases.claim('k', 'ben', 60)).toEqual({ ok: false, owner: 'anna' });
      expect(await b.leases.release('k', 'ben')).toBe(false);
      expect(await b.leases.renew('k', 'anna', 60)).toBe(true);
      expect(await b.leases.release('k', 'anna')).toBe(true);
      expect(await a.leases.heldOf(['k'])).toEqual(new Set());
      expect(await a.leases.claim('k', 'ben', 60)).toEqual({ ok: true, isNew: true });
    });

    it('of several nodes that take or give back at once, tell one that it was the first, and one that it was the last', async () => {
      const both = await twoReady();
      for (let round = 0; round < 50; round++) {
        const claims = await Promise.all(both.map(({ leases }) => leases.claim('k', 'anna', 60)));
        expect(claims.filter((claim) => claim.ok && claim.isNew)).toHaveLength(1);
        const releases = await Promise.all(both.map(({ leases }) => leases.release('k', 'anna')));
        expect(releases.filter(Boolean)).toHaveLength(1);
      }
    });

    it('go to exactly one of many who ask at once', async () => {
      const [a, b] = await twoReady();
      const claims = await Promise.all(Array.from({ length: 50 }, (_, n) => (n % 2 ? a : b).leases.claim('k', `owner-${n}`, 60)));
      expect(claims.filter(({ ok }) => ok)).toHaveLength(1);
    });

    it('run out when their node is gone', async () => {
      const [a, b] = await twoReady();
      await a.leases.claim('k', 'anna', 1);
      a.close();
      const claim = await until(async () => {
        const answer = await b.leases.claim('k', 'ben', 60);
        return answer.ok && answer;
      });
      expect(claim).toEqual({ ok: true, isNew: true });
    });

    it('are refused as unavailable, and released without a fuss, while Redis is away', async () => {
      const [a] = await twoReady();
      await a.leases.claim('k', 'anna', 60);
      await server.down();
      await expect(a.leases.claim('k', 'ben', 60)).rejects.toThrow(CoreError);
      await expect(a.leases.renew('k', 'anna', 60)).rejects.toMatchObject({ code: 'unavailable' });
      await expect(a.leases.heldOf(['k'])).rejects.toMatchObject({ code: 'unavailable' });
      expect(await a.leases.release('k', 'anna')).toBe(false);
    });
  });
});

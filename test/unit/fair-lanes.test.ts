import { afterEach, describe, expect, it } from 'vitest';
import { CoreError } from '../../src/errors/catalogue.js';
import { FairLanes, type LaneLimits } from '../../src/ops/fair-lanes.js';
import { until } from '../support/until.js';

const LIMITS: LaneLimits = { perUser: 2, perAddress: 3, maxWaitingPerUser: 5, maxWaiting: 8, maxWaitMs: 1_000 };

/** Work that is under way until it is told to end, in the order in which it began. */
class Works {
  readonly begun: string[] = [];
  private readonly ends = new Map<string, (error?: Error) => void>();

  start(name: string): Promise<string> {
    this.begun.push(name);
    return new Promise((resolve, reject) => {
      this.ends.set(name, (error) => (error ? reject(error) : resolve(name)));
    });
  }

  async end(name: string, error?: Error): Promise<void> {
    this.ends.get(name)?.(error);
    // What follows an answer follows within a few turns of the queue of promises.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('fair lanes', () => {
  const made: FairLanes[] = [];
  afterEach(() => {
    for (const lanes of made.splice(0)) lanes.stop();
  });
  const lanesOf = (limits: Partial<LaneLimits> = {}, now?: () => number) => {
    const lanes = new FairLanes({ ...LIMITS, ...limits }, now);
    made.push(lanes);
    const works = new Works();
    const outcomes = new Map<string, string>();
    const ask = (user: string, name: string, address = 'home', places = 1): void => {
      const answer = lanes.run({ user, address }, () => works.start(name), places) as Promise<unknown>;
      answer.then(
        () => outcomes.set(name, 'ok'),
        (thrown: unknown) => outcomes.set(name, thrown instanceof CoreError ? thrown.code : String(thrown)),
      );
    };
    return { lanes, works, outcomes, ask };
  };

  it('run what has room at once, and return what is no promise as it is', () => {
    const { lanes } = lanesOf();
    expect(lanes.run({ user: 'a', address: 'home' }, () => 7)).toBe(7);
    expect(() =>
      lanes.run({ user: 'a', address: 'home' }, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(lanes.running).toBe(0);
  });

  it("keep a user's own in the order in which they came, two at a time", async () => {
    const { lanes, works, ask } = lanesOf();
    for (const name of ['a1', 'a2', 'a3', 'a4']) ask('a', name);
    expect(works.begun).toEqual(['a1', 'a2']);
    expect([lanes.running, lanes.waiting]).toEqual([2, 2]);
    await works.end('a2');
    expect(works.begun).toEqual(['a1', 'a2', 'a3']);
    await works.end('a1');
    await works.end('a3');
    await works.end('a4');
    expect([lanes.running, lanes.waiting]).toEqual([0, 0]);
  });

  it('let one user pass whatever another one waits for', () => {
    const { works, ask } = lanesOf();
    for (const name of ['a1', 'a2', 'a3', 'a4']) ask('a', name);
    ask('b', 'b1');
    expect(works.begun).toEqual(['a1', 'a2', 'b1']);
  });

  it('give the users of one address their turns one after the other', async () => {
    const { works, ask } = lanesOf({ perAddress: 2 });
    for (const name of ['a1', 'a2', 'a3', 'a4']) ask('a', name);
    for (const name of ['b1', 'b2']) ask('b', name);
    ask('c', 'c1');
    ask('d', 'd1', 'elsewhere');
    expect(works.begun).toEqual(['a1', 'a2', 'd1']);
    for (const name of ['a1', 'a2', 'b1', 'c1', 'b2']) await works.end(name);
    expect(works.begun).toEqual(['a1', 'a2', 'd1', 'b1', 'c1', 'b2', 'a3', 'a4']);
  });

  it('give what is heavy several places, of its user and of its address', async () => {
    const { lanes, works, ask } = lanesOf({ perUser: 4, perAddress: 5 });
    ask('a', 'a1', 'home', 3);
    ask('a', 'a2');
    ask('a', 'a3', 'home', 2);
    ask('a', 'a4');
    expect(works.begun).toEqual(['a1', 'a2']);
    ask('b', 'b1', 'home', 3);
    // It would find room, but nobody passes somebody who waits.
    ask('c', 'c1');
    expect(works.begun).toEqual(['a1', 'a2']);
    await works.end('a1');
    expect(works.begun).toEqual(['a1', 'a2', 'b1', 'c1']);
    await works.end('b1');
    expect(works.begun).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'a4']);
    for (const name of ['a2', 'a3', 'a4', 'c1']) await works.end(name);
    expect([lanes.running, lanes.waiting]).toEqual([0, 0]);
  });

  it('take no more places for anything than a user or an address has', () => {
    const { works, ask } = lanesOf({ perUser: 2, perAddress: 1 });
    ask('a', 'a1', 'home', 100);
    expect(works.begun).toEqual(['a1']);
  });

  it('count an address once, also where users wait at it for themselves', async () => {
    const { works, ask } = lanesOf({ perUser: 1, perAddress: 2 });
    ask('a', 'a1', 'elsewhere');
    ask('a', 'a2', 'home');
    for (const name of ['b', 'c', 'd']) ask(name, name, 'home');
    expect(works.begun).toEqual(['a1', 'b', 'c']);
    await works.end('a1');
    expect(works.begun).toEqual(['a1', 'b', 'c']);
    await works.end('b');
    expect(works.begun).toEqual(['a1', 'b', 'c', 'd']);
    await works.end('c');
    expect(works.begun).toEqual(['a1', 'b', 'c', 'd', 'a2']);
  });

  it('count a user at all addresses together', async () => {
    const { works, ask } = lanesOf();
    ask('a', 'a1', 'home');
    ask('a', 'a2', 'elsewhere');
    ask('a', 'a3', 'abroad');
    expect(works.begun).toEqual(['a1', 'a2']);
    await works.end('a2');
    expect(works.begun).toEqual(['a1', 'a2', 'a3']);
  });

  it('refuse what is too much to wait: of one user as too many requests, altogether as unavailable', () => {
    const { lanes, ask } = lanesOf();
    for (let i = 0; i < 7; i++) ask('a', `a${i}`);
    expect(() => ask('a', 'a7')).toThrow(new CoreError('too_many_requests'));
    for (let i = 0; i < 4; i++) ask('b', `b${i}`);
    expect(() => ask('b', 'b4')).toThrow(new CoreError('unavailable'));
    expect([lanes.running, lanes.waiting, lanes.refused]).toEqual([3, 8, 2]);
  });

  it('refuse what waits too long, and only that', async () => {
    const clock = { ms: 0 };
    const { lanes, works, outcomes, ask } = lanesOf({}, () => clock.ms);
    for (const name of ['a1', 'a2', 'a3']) ask('a', name);
    clock.ms = 600;
    ask('a', 'a4');
    clock.ms = 1_001;
    await until(() => outcomes.has('a3'));
    expect(outcomes.get('a3')).toBe('unavailable');
    await works.end('a1');
    expect(works.begun).toEqual(['a1', 'a2', 'a4']);
    expect(lanes.waiting).toBe(0);
  });

  it('give a slot back where something fails, and let what has waited fail with a database that is away', async () => {
    const clock = { ms: 0 };
    const { works, outcomes, ask } = lanesOf({}, () => clock.ms);
    for (const name of ['a1', 'a2', 'a3', 'a4']) ask('a', name);
    await works.end('a1', new Error('a fault'));
    expect(works.begun).toEqual(['a1', 'a2', 'a3']);
    clock.ms = 150;
    ask('a', 'a5');
    await works.end('a2', new CoreError('unavailable'));
    expect(Object.fromEntries(outcomes)).toEqual({ a1: 'Error: a fault', a2: 'unavailable', a4: 'unavailable' });
    expect(works.begun).toEqual(['a1', 'a2', 'a3', 'a5']);
  });

  it('take thousands that end at once without running out of stack', async () => {
    const { lanes, works, ask } = lanesOf({ perUser: 1, perAddress: 1, maxWaitingPerUser: 5_000, maxWaiting: 5_000 });
    ask('a', 'first');
    const answers = Array.from({ length: 5_000 }, (_unused, i) => lanes.run({ user: 'a', address: 'home' }, () => i));
    await works.end('first');
    expect((await Promise.all(answers)).at(-1)).toBe(4_999);
    expect([lanes.running, lanes.waiting]).toEqual([0, 0]);
  });

  it('forget users and addresses that have nothing under way', async () => {
    const { lanes, works, ask } = lanesOf({ perAddress: 1 });
    for (let i = 0; i < 3; i++) ask(`u${i}`, `w${i}`, 'home');
    for (let i = 0; i < 3; i++) await works.end(`w${i}`);
    const { users, addresses } = lanes as unknown as { users: Map<string, unknown>; addresses: Map<string, unknown> };
    expect([users.size, addresses.size]).toEqual([0, 0]);
  });
});

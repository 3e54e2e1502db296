import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BusHandler, JsonValue } from '../../src/bus/bus.js';
import { MemoryBus } from '../../src/bus/memory-bus.js';
import { NodeName } from '../../src/bus/node-name.js';
import { NodeQuestions } from '../../src/bus/node-questions.js';
import { CLOSE } from '../../src/realtime/close-reasons.js';
import { Connection } from '../../src/realtime/connection.js';
import { ConnectionDirectory } from '../../src/realtime/connection-directory.js';
import { Hub } from '../../src/realtime/hub.js';
import { Settings } from '../../src/config/settings.js';
import { gameCodec } from '../../src/protocols/game/game.codec.js';
import type { Transport } from '../../src/realtime/transport.js';

/** What several buses in one process share; it delivers everything twice, and later, as a bus may. */
class Wire {
  readonly subscribers = new Map<string, Map<WiredBus, Set<BusHandler>>>();
  longest = 0;
}

class WiredBus extends MemoryBus {
  isOpen = true;

  constructor(private readonly wire: Wire) {
    super();
  }

  override forward(topic: string, message: JsonValue): void {
    const text = JSON.stringify(message);
    this.wire.longest = Math.max(this.wire.longest, Buffer.byteLength(text));
    for (const [bus, handlers] of this.wire.subscribers.get(topic) ?? []) {
      if (bus === this) continue;
      for (const handler of [...handlers, ...handlers]) setImmediate(() => handler(JSON.parse(text) as JsonValue));
    }
  }

  override subscribe(topic: string, handler: BusHandler): () => void {
    const ofTopic = this.wire.subscribers.get(topic) ?? new Map<WiredBus, Set<BusHandler>>();
    this.wire.subscribers.set(topic, ofTopic);
    const own = ofTopic.get(this) ?? new Set();
    ofTopic.set(this, own.add(handler));
    return () => void own.delete(handler);
  }

  override nodesOn(topic?: string): Promise<number> {
    return Promise.resolve(this.wire.subscribers.get(topic ?? '')?.size ?? 0);
  }

  override ready(): boolean {
    return this.isOpen;
  }
}

interface Node {
  readonly wire: Wire;
  readonly bus: WiredBus;
  readonly name: NodeName;
  readonly questions: NodeQuestions;
}

/** As many of one thing as of another. */
type Each<Names extends string[], Thing> = { [I in keyof Names]: Thing };

function nodesOf<Names extends string[]>(...names: Names): Each<Names, Node> {
  const wire = new Wire();
  const nodes = names.map((id) => {
    const [bus, name] = [new WiredBus(wire), new NodeName(id)];
    return { wire, bus, name, questions: new NodeQuestions(bus, name) };
  });
  return nodes as Each<Names, Node>;
}

afterEach(() => vi.restoreAllMocks());

describe('a question to the other nodes', () => {
  it('is answered by each of them once, and not by the one that asks', async () => {
    const nodes = nodesOf('a', 'b', 'c');
    for (const { name, questions } of nodes) questions.onQuestion('who', (asked) => [name.id, asked]);
    const { answers, missing } = await nodes[0].questions.ask('who', 1);
    expect(answers.toSorted()).toEqual([
      ['b', 1],
      ['c', 1],
    ]);
    expect(missing).toBe(0);
  });

  it('waits for nobody where there is nobody else', async () => {
    const questions = new NodeQuestions(new MemoryBus(), new NodeName('alone'));
    questions.onQuestion('who', () => 'me');
    const started = performance.now();
    expect(await questions.ask('who', null)).toEqual({ answers: [], missing: 0 });
    expect(performance.now() - started).toBeLessThan(100);
  });

  it('waits no longer once an answer is enough', async () => {
    const [a, b, c] = nodesOf('a', 'b', 'c');
    a.questions.onQuestion('slow', () => 'unasked');
    b.questions.onQuestion('slow', () => true);
    c.questions.onQuestion('slow', () => new Promise(() => undefined));
    const started = performance.now();
    expect((await a.questions.ask('slow', null, (answer) => answer === true)).answers).toEqual([true]);
    expect(performance.now() - started).toBeLessThan(400);
  });

  it('misses those who are late, who fail and who do not know what is asked', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const [a, b, c, d, e] = nodesOf('a', 'b', 'c', 'd', 'e');
    a.questions.onQuestion('how', () => 'unasked');
    b.questions.onQuestion('how', () => 'well');
    c.questions.onQuestion('how', () => new Promise(() => undefined));
    d.questions.onQuestion('how', () => {
      throw new Error('badly');
    });
    e.questions.onQuestion('another', () => 'unasked');
    expect(await a.questions.ask('how', null)).toEqual({ answers: ['well'], missing: 3 });
  });

  it('asks nobody while the way to them is closed, and knows that it does not know', async () => {
    const [a, b] = nodesOf('a', 'b');
    a.questions.onQuestion('who', () => 'a');
    b.questions.onQuestion('who', () => 'b');
    a.bus.isOpen = false;
    expect(await a.questions.ask('who', null)).toEqual({ answers: [], missing: null });
  });

  it('is refused where too many are open, and those that are open end with the node', async () => {
    const [a, b] = nodesOf('a', 'b');
    a.questions.onQuestion('who', () => 'a');
    b.questions.onQuestion('who', () => new Promise(() => undefined));
    const open = Array.from({ length: 64 }, () => a.questions.ask('who', null));
    await expect(a.questions.ask('who', null)).rejects.toMatchObject({ code: 'unavailable' });
    a.questions.onApplicationShutdown();
    expect((await Promise.all(open)).every(({ answers }) => answers.length === 0)).toBe(true);
  });
});

describe('the connections of several nodes', () => {
  const settings = Settings.from({ LOG_LEVEL: 'silent' });
  const nowhere = { pendingBytes: () => 0, send: () => undefined, close: () => undefined } as unknown as Transport<string>;

  const directoryOf = ({ wire, name, questions }: Node) => {
    const hub = new Hub(settings);
    const directory = new ConnectionDirectory(hub, questions, name);
    directory.onModuleInit();
    return { wire, hub, directory };
  };
  /** @param age milliseconds ago */
  const connect = (hub: Hub, age: number, agent: string | null = null): Connection => {
    const origin = { protocol: 'game', address: '192.0.2.1', userAgent: agent };
    const connection = new Connection<string>(gameCodec, nowhere, origin) as Connection;
    Reflect.set(connection, 'openedAt', Date.now() - age);
    hub.add(connection);
    return connection;
  };

  it('are cut to what a message carries, and nothing is listed beyond what was cut', async () => {
    const [first, second] = nodesOf('one', 'two');
    const [one, two] = [directoryOf(first), directoryOf(second)];
    // A user agent may be 512 characters long, and each may take six bytes in JSON.
    for (let n = 0; n < 1_000; n++) connect(two.hub, n * 1_000, '\u0001'.repeat(512));
    const [young, old] = [connect(one.hub, 500), connect(one.hub, 900_000)];
    const { records, total, missing } = await one.directory.list({}, 1_000);
    expect(one.wire.longest).toBeLessThan(600 * 1024);
    expect([total, missing]).toEqual([1_002, 0]);
    expect(records.length).toBeGreaterThan(100);
    expect(records.length).toBeLessThan(400);
    expect(records[1]?.id).toBe(young.id);
    // Between it and those that are listed there are some that are not.
    expect(records.map(({ id }) => id)).not.toContain(old.id);
    const times = records.map(({ connected_at }) => connected_at);
    expect(times).toEqual(times.toSorted().reverse());
  });

  it('are listed with when they came and when they were last heard of, by the wall clock', async () => {
    const [node] = nodesOf('one');
    const one = directoryOf(node);
    connect(one.hub, 60_000).seenAt = performance.now() - 20_000;
    const [record] = (await one.directory.list({}, 1)).records;
    const ages = [record?.connected_at, record?.last_seen_at].map((time) => Date.now() - Date.parse(time ?? ''));
    // Printed in whole seconds.
    expect(ages[0]).toBeGreaterThanOrEqual(60_000);
    expect(ages[0]).toBeLessThan(62_000);
    expect(ages[1]).toBeGreaterThanOrEqual(20_000);
    expect(ages[1]).toBeLessThan(22_000);
  });

  it('are closed on whichever node they are', async () => {
    const [first, second] = nodesOf('one', 'two');
    const [one, two] = [directoryOf(first), directoryOf(second)];
    const connection = connect(two.hub, 0);
    const closed = vi.spyOn(two.hub, 'close');
    expect(await one.directory.close(connection.id, null)).toBe(true);
    expect(closed).toHaveBeenCalledExactlyOnceWith(connection, CLOSE.closed);
    expect(await one.directory.close(connection.id, null)).toBe(false);
  });
});

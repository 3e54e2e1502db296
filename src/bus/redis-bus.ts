import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { Bus, type BusHandler, type JsonValue } from './bus.js';
import { calmly, Subscribers } from './subscribers.js';

/** What may wait for Redis, or for its answer, at once. */
const MAX_MESSAGES = 10_000;
const MAX_BYTES = 8 * 1024 * 1024;
/** One message, encoded; a larger one is a mistake of ours or no message of ours. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** What stands around the messages. */
const ENVELOPE_BYTES = 256;
const PING_MS = 5000;
const RETRY_MS = 1000;

/** Messages of one channel that go out together; each is JSON already. */
interface Outgoing {
  readonly channel: string;
  readonly texts: string[];
  bytes: number;
}

interface Envelope {
  readonly node: string;
  readonly messages: readonly JsonValue[];
}

/** Reads what another node wrote: its id and the messages, or undefined where it is none of ours. */
function decode(text: string): Envelope | undefined {
  if (text.length > MAX_MESSAGE_BYTES) return undefined;
  try {
    const envelope: unknown = JSON.parse(text);
    if (typeof envelope !== 'object' || envelope === null || !('node' in envelope) || !('messages' in envelope)) return undefined;
    if (typeof envelope.node !== 'string' || !Array.isArray(envelope.messages)) return undefined;
    // What JSON.parse made of a text is a JsonValue.
    return { node: envelope.node, messages: envelope.messages as JsonValue[] };
  } catch {
    return undefined;
  }
}

/**
 * The bus over Redis pub/sub, one channel per topic. Local subscribers are called at once and without Redis. What cannot be
 * sent waits, bounded; where even that overflows, every node is told that something was lost as soon as it can be.
 */
export class RedisBus extends Bus {
  private readonly log = new Logger('Bus');
  private readonly subscribers = new Subscribers();
  private readonly restored = new Set<() => void>();
  private readonly prefix: string;
  private readonly gapChannel: string;
  private readonly pinging: NodeJS.Timeout;
  private retrying: NodeJS.Timeout | undefined;
  private waiting: Outgoing[] = [];
  private isScheduled = false;
  private heldMessages = 0;
  private heldBytes = 0;
  private lost = 0;
  private ignored = 0;
  /** SUBSCRIBE commands that have not been answered; undefined until all topics of this connection are subscribed. */
  private unanswered: number | undefined;

  /**
   * @param publisher its own connection: what is published never waits behind other commands
   * @param subscriber its own connection, with `autoResubscribe` off: Redis allows nothing else on it
   */
  constructor(
    private readonly publisher: Redis,
    private readonly subscriber: Redis,
    private readonly nodeId: string,
  ) {
    super();
    // Unlike keys, channels are shared by all databases of one Redis.
    this.prefix = `switchboard:${publisher.options.db ?? 0}:bus:`;
    this.gapChannel = `switchboard:${publisher.options.db ?? 0}:bus-gap`;
    subscriber.on('message', (channel: string, text: string) => this.receive(channel, text));
    subscriber.on('ready', () => void this.subscribeAll());
    subscriber.on('close', () => {
      this.unanswered = undefined;
    });
    publisher.on('ready', () => this.flush());
    if (subscriber.status === 'ready') void this.subscribeAll();
    // A subscriber writes nothing by itself, so it would never notice that the other end is gone.
    this.pinging = setInterval(() => {
      if (subscriber.status === 'ready') subscriber.ping().catch(() => undefined);
    }, PING_MS);
    this.pinging.unref();
  }

  override publish(topic: string, message: JsonValue): void {
    this.subscribers.deliver(topic, message);
    this.forward(topic, message);
  }

  override forward(topic: string, message: JsonValue): void {
    this.enqueue(this.prefix + topic, message);
  }

  override subscribe(topic: string, handler: BusHandler): () => void {
    // An own function for each subscription, so that one handler may be subscribed twice.
    const own: BusHandler = (message) => handler(message);
    if (this.subscribers.add(topic, own)) void this.subscribeOne(this.prefix + topic);
    return () => {
      if (!this.subscribers.remove(topic, own) || this.unanswered === undefined) return;
      this.subscriber.unsubscribe(this.prefix + topic).catch(() => this.reconnect());
    };
  }

  override async nodesOn(topic: string): Promise<number> {
    const [, count] = await this.publisher.pubsub('NUMSUB', this.prefix + topic);
    return Number(count);
  }

  override ready(): boolean {
    return this.unanswered === 0 && this.publisher.status === 'ready';
  }

  override onRestored(handler: () => void): () => void {
    const own = () => handler();
    this.restored.add(own);
    return () => void this.restored.delete(own);
  }

  /** Sends what this turn has published, then ends timers and both connections; what cannot be sent now is given up. */
  close(): void {
    this.flush();
    clearInterval(this.pinging);
    clearTimeout(this.retrying);
    this.subscriber.disconnect();
    this.publisher.disconnect();
  }

  private enqueue(channel: string, message: JsonValue): void {
    const text = JSON.stringify(message);
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_MESSAGE_BYTES - ENVELOPE_BYTES) {
      this.log.error({ msg: 'a message is too large for the bus and reached this node alone', channel, bytes });
      return;
    }
    if (this.heldMessages >= MAX_MESSAGES || this.heldBytes + bytes > MAX_BYTES) {
      if (this.lost === 0) this.log.warn({ msg: 'the bus is full: messages to other nodes are being lost' });
      this.lost += 1;
      return;
    }
    this.hold(channel, text, bytes);
    if (this.isScheduled) return;
    this.isScheduled = true;
    // What is published in one turn of the event loop goes out together.
    setImmediate(() => this.flush());
  }

  /** Joins the last ones of the same channel, as far as they fit. */
  private hold(channel: string, text: string, bytes: number): void {
    this.heldMessages += 1;
    this.heldBytes += bytes;
    const last = this.waiting.findLast((outgoing) => outgoing.channel === channel);
    if (last && last.bytes + bytes + 1 <= MAX_MESSAGE_BYTES - ENVELOPE_BYTES) {
      last.texts.push(text);
      last.bytes += bytes + 1;
    } else this.waiting.push({ channel, texts: [text], bytes });
  }

  private flush(): void {
    this.isScheduled = false;
    if (this.publisher.status !== 'ready') return;
    if (this.lost > 0) this.admitLoss();
    const batch = this.waiting;
    this.waiting = [];
    for (const outgoing of batch) void this.send(outgoing);
  }

  private async send(outgoing: Outgoing): Promise<void> {
    const { channel, texts, bytes } = outgoing;
    try {
      await this.publisher.publish(channel, `{"node":${JSON.stringify(this.nodeId)},"messages":[${texts.join(',')}]}`);
      this.heldMessages -= texts.length;
      // Those that were joined have a comma between them.
      this.heldBytes -= bytes - (texts.length - 1);
    } catch {
      // It may have arrived all the same: the bus may double, but should not lose.
      this.waiting.push(outgoing);
      this.retrying ??= setTimeout(() => {
        this.retrying = undefined;
        this.flush();
      }, RETRY_MS).unref();
    }
  }

  private admitLoss(): void {
    this.log.warn({ msg: 'messages to other nodes were lost; they are told to compare their state', lost: this.lost });
    this.lost = 0;
    // Beyond the bounds, which are what was exceeded: else nobody would be told until there is room and something else to say.
    this.hold(this.gapChannel, 'null', 4);
  }

  private receive(channel: string, text: string): void {
    const envelope = decode(text);
    if (!envelope) {
      this.ignored += 1;
      // Powers of two: a broken neighbour must not fill the log.
      if ((this.ignored & (this.ignored - 1)) === 0) {
        this.log.warn({ msg: 'a malformed bus message was ignored', channel: channel.slice(0, 250), ignored: this.ignored });
      }
      return;
    }
    if (envelope.node === this.nodeId) return;
    if (channel === this.gapChannel) this.tellRestored();
    else for (const message of envelope.messages) this.subscribers.deliver(channel.slice(this.prefix.length), message);
  }

  /** After a new connection: all topics at once, then everybody is told that something may have been missed. */
  private async subscribeAll(): Promise<void> {
    this.unanswered = 1;
    try {
      await this.subscriber.subscribe(this.gapChannel, ...this.subscribers.names().map((topic) => this.prefix + topic));
    } catch {
      this.reconnect();
      return;
    }
    if (this.unanswered !== undefined) this.unanswered -= 1;
    this.tellRestored();
  }

  private async subscribeOne(channel: string): Promise<void> {
    // Not connected: subscribeAll() will include it.
    if (this.unanswered === undefined) return;
    this.unanswered += 1;
    try {
      await this.subscriber.subscribe(channel);
      if (this.unanswered !== undefined) this.unanswered -= 1;
    } catch {
      this.reconnect();
    }
  }

  /** A connection that refused a subscription is of no use: a new one subscribes to everything. */
  private reconnect(): void {
    this.unanswered = undefined;
    if (this.subscriber.status === 'ready') this.subscriber.disconnect(true);
  }

  private tellRestored(): void {
    for (const handler of [...this.restored]) calmly('restored', handler);
  }
}

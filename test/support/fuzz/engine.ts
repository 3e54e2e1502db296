import { Agent, request } from 'node:http';
import { OPCODE } from '../tcp-socket.js';
import { clientFrame, type FuzzSocket } from './socket.js';

/** Separates packets in a body of Engine.IO 4. */
const SEPARATOR = '\u001e';
const DEADLINE_MS = 10_000;

/** A connection of Engine.IO over either transport, as far as cases need it. */
export interface EnginePeer {
  /** Packets that came, of Socket.IO and of Engine.IO, in their order. */
  readonly packets: readonly string[];
  /** Sends packets; they need not be any. Bytes are an attachment of the one before. */
  send(packets: readonly (string | Uint8Array)[]): Promise<void>;
  /** Waits until something holds. @returns whether it did before the connection or the time was over */
  until(holds: () => boolean): Promise<boolean>;
  readonly ended: boolean;
  /** The status of a request that ended it: without a connection nothing else can say why. */
  readonly refusal: number | undefined;
  close(): void;
}

export class WebSocketPeer implements EnginePeer {
  readonly refusal = undefined;

  constructor(private readonly socket: FuzzSocket) {}

  get packets(): readonly string[] {
    return this.socket.texts;
  }

  get ended(): boolean {
    return this.socket.ended || this.socket.code !== undefined;
  }

  send(packets: readonly (string | Uint8Array)[]): Promise<void> {
    const frames = packets.map((packet) =>
      typeof packet === 'string'
        ? clientFrame(OPCODE.text, Buffer.from(packet))
        : clientFrame(OPCODE.binary, Buffer.from(packet)),
    );
    // In two writes, wherever that cuts: what arrives at once is many frames, or less than one.
    const bytes = Buffer.concat(frames);
    const middle = bytes.length >> 1;
    for (const part of [bytes.subarray(0, middle), bytes.subarray(middle)]) this.socket.write(part);
    return Promise.resolve();
  }

  async until(holds: () => boolean): Promise<boolean> {
    await this.socket.until(() => holds() || this.ended);
    return holds();
  }

  close(): void {
    this.socket.destroy();
  }
}

interface Answered {
  readonly status: number;
  readonly text: string;
}

/** Polls by hand, one request after the other. */
export class PollingPeer implements EnginePeer {
  readonly packets: string[] = [];
  ended = false;
  refusal: number | undefined;
  private readonly agent = new Agent({ keepAlive: true });

  private constructor(
    private readonly port: number,
    private readonly path: string,
  ) {}

  static async open(port: number): Promise<PollingPeer> {
    const base = '/socket.io/?EIO=4&transport=polling';
    const probe = new PollingPeer(port, base);
    const { text } = await probe.ask('GET');
    const { sid } = JSON.parse(text.slice(1)) as { sid: string };
    probe.agent.destroy();
    return new PollingPeer(port, `${base}&sid=${sid}`);
  }

  /** All in one body. */
  async send(packets: readonly (string | Uint8Array)[]): Promise<void> {
    const texts = packets.map((packet) => (typeof packet === 'string' ? packet : `b${Buffer.from(packet).toString('base64')}`));
    const { status } = await this.ask('POST', texts.join(SEPARATOR));
    if (status !== 200) this.end(status);
  }

  async until(holds: () => boolean): Promise<boolean> {
    const deadline = performance.now() + DEADLINE_MS;
    while (!holds() && !this.ended && performance.now() < deadline) {
      const { status, text } = await this.ask('GET');
      if (status !== 200) {
        this.end(status);
        break;
      }
      const packets = text.split(SEPARATOR);
      this.packets.push(...packets);
      if (packets.includes('1')) this.ended = true;
    }
    return holds();
  }

  /**
   * Ends the session, also where the server has refused a body or has ended it itself: it would otherwise count as open until its heartbeat,
   * or the last poll, has not come.
   */
  close(): void {
    this.ended = true;
    void this.ask('POST', '1')
      .catch(() => undefined)
      .finally(() => this.agent.destroy());
  }

  private end(status: number): void {
    this.ended = true;
    this.refusal ??= status;
  }

  private ask(method: string, body?: string): Promise<Answered> {
    const headers =
      body === undefined ? {} : { 'content-type': 'text/plain;charset=UTF-8', 'content-length': Buffer.byteLength(body) };
    const options = { agent: this.agent, host: '127.0.0.1', port: this.port, path: this.path, method, headers };
    return new Promise((resolve, reject) => {
      const sent = request({ ...options, timeout: DEADLINE_MS }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }));
        response.on('error', reject);
      });
      sent.on('timeout', () => sent.destroy(new Error('a poll was not answered')));
      sent.on('error', reject).end(body);
    });
  }
}

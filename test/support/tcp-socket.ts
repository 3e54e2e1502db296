import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Parsed } from './http-client.js';

const DEADLINE_MS = 5_000;

/** Opcodes of RFC 6455 §5.2. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameOptions {
  /** The last piece of its message; true unless given. */
  readonly fin?: boolean;
  /** As clients have to; true unless given. */
  readonly masked?: boolean;
  /** The three reserved bits. */
  readonly rsv?: number;
}

export interface Frame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: Buffer;
}

/** The length of a payload as it follows the first byte, without the mask bit (§5.2). */
function lengthOf(length: number): Buffer {
  if (length < 126) return Buffer.from([length]);
  const bytes = Buffer.alloc(length < 65_536 ? 3 : 9);
  bytes[0] = length < 65_536 ? 126 : 127;
  if (length < 65_536) bytes.writeUInt16BE(length, 1);
  else bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}

function mask(payload: Buffer): Buffer {
  const key = randomBytes(4);
  return Buffer.concat([key, payload.map((byte, i) => byte ^ (key[i % 4] ?? 0))]);
}

/** A WebSocket frame, right or wrong. */
export function frameOf(opcode: number, payload: Buffer | string = '', options: FrameOptions = {}): Buffer {
  const { fin = true, masked = true, rsv = 0 } = options;
  const body = Buffer.from(payload);
  const length = lengthOf(body.length);
  if (masked) length[0] = (length[0] ?? 0) | 0x80;
  return Buffer.concat([Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode]), length, masked ? mask(body) : body]);
}

export interface Head {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A bare TCP connection that speaks HTTP and WebSocket by hand, as wrongly as a test wants. */
export class TcpSocket {
  private received = Buffer.alloc(0);
  private ended = false;
  /** The server has closed its side, or reset the connection. */
  readonly closed: Promise<void>;

  private constructor(readonly socket: Socket) {
    socket.on('data', (part: Buffer) => {
      this.received = Buffer.concat([this.received, part]);
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      const end = (): void => {
        this.ended = true;
        resolve();
      };
      socket.once('end', end).once('close', end);
    });
  }

  static async connect(port: number, address = '127.0.0.1'): Promise<TcpSocket> {
    const socket = connect(port, address);
    await once(socket, 'connect');
    socket.setNoDelay(true);
    return new TcpSocket(socket);
  }

  /** Connects and upgrades; the frames are the test's own. */
  static async webSocket(port: number, path: string, headers: Readonly<Record<string, string>> = {}): Promise<TcpSocket> {
    const tcp = await TcpSocket.connect(port);
    tcp.upgrade(path, headers);
    const { status } = await tcp.head();
    if (status !== 101) throw new Error(`upgrade answered ${status}`);
    return tcp;
  }

  /** Sends a handshake; an empty value leaves that header out. */
  upgrade(path: string, headers: Readonly<Record<string, string>> = {}): void {
    const all = {
      Host: 'localhost',
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      'Sec-WebSocket-Version': '13',
      ...headers,
    };
    const lines = Object.entries(all).flatMap(([name, value]) => (value === '' ? [] : [`${name}: ${value}`]));
    this.send(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  }

  send(bytes: Buffer | string): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** Sends a text frame with JSON in it. */
  json(value: unknown): void {
    this.send(frameOf(OPCODE.text, JSON.stringify(value)));
  }

  /** The head of the server's next answer, with the body that its Content-Length announces. */
  async head(): Promise<Head> {
    const end = await this.wait(() => {
      const at = this.received.indexOf('\r\n\r\n');
      return at === -1 ? undefined : at;
    });
    const [first = '', ...lines] = this.received.subarray(0, end).toString('latin1').split('\r\n');
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    this.received = this.received.subarray(end + 4);
    const length = Number(headers.get('content-length') ?? 0);
    await this.wait(() => (this.received.length >= length ? true : undefined));
    const body = this.received.subarray(0, length).toString('utf8');
    this.received = this.received.subarray(length);
    return { status: Number(first.split(' ')[1]), headers, body };
  }

  /** The server's next frame; undefined where the connection ends before. */
  async frame(deadlineMs = DEADLINE_MS): Promise<Frame | undefined> {
    return this.wait(() => this.takeFrame() ?? (this.ended ? null : undefined), deadlineMs).then((frame) => frame ?? undefined);
  }

  /** The server's frames until it closes: what its text frames say, and the code of its close frame. */
  async rest(deadlineMs = DEADLINE_MS): Promise<{ readonly frames: Parsed[]; readonly code: number | undefined }> {
    const frames: Parsed[] = [];
    for (;;) {
      const frame = await this.frame(deadlineMs);
      if (frame === undefined) return { frames, code: undefined };
      if (frame.opcode === OPCODE.close) return { frames, code: frame.payload.length < 2 ? 1005 : frame.payload.readUInt16BE(0) };
      if (frame.opcode === OPCODE.text) frames.push(JSON.parse(frame.payload.toString('utf8')));
    }
  }

  destroy(): void {
    this.socket.destroy();
  }

  private takeFrame(): Frame | undefined {
    const { received } = this;
    const [first, second] = received;
    if (first === undefined || second === undefined) return undefined;
    const size = second & 0x7f;
    const offset = size === 126 ? 4 : size === 127 ? 10 : 2;
    if (received.length < offset) return undefined;
    const length = size === 126 ? received.readUInt16BE(2) : size === 127 ? Number(received.readBigUInt64BE(2)) : size;
    if (received.length < offset + length) return undefined;
    this.received = received.subarray(offset + length);
    const payload = received.subarray(offset, offset + length);
    return { fin: (first & 0x80) !== 0, opcode: first & 0x0f, masked: (second & 0x80) !== 0, payload };
  }

  /** Looks again after each arrival, until there is something. */
  private async wait<T>(look: () => T | undefined, deadlineMs = DEADLINE_MS): Promise<T> {
    const deadline = performance.now() + deadlineMs;
    for (;;) {
      const seen = look();
      if (seen !== undefined) return seen;
      const left = deadline - performance.now();
      if (left <= 0 || this.ended) throw new Error(this.ended ? 'the connection has ended' : `waited ${deadlineMs} ms`);
      await Promise.race([
        once(this.socket, 'data', { signal: AbortSignal.timeout(Math.ceil(left)) }).catch(() => undefined),
        this.closed,
      ]);
    }
  }
}

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { OPCODE } from '../tcp-socket.js';

/** After so many milliseconds without an answer, one is missing. */
const DEADLINE_MS = 10_000;
const BUSY_ATTEMPTS = 20;
const MASK = Buffer.from([0x5a, 0xa5, 0x3c, 0xc3]);

/** A frame from a client, masked by the same bytes every time, so that a seed gives the same bytes. */
export function clientFrame(opcode: number, payload: Buffer, fin = true): Buffer {
  const { length } = payload;
  const size = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + size);
  head[0] = (fin ? 0x80 : 0) | opcode;
  head[1] = 0x80 | (size === 0 ? length : size === 2 ? 126 : 127);
  if (size === 2) head.writeUInt16BE(length, 2);
  if (size === 8) head.writeBigUInt64BE(BigInt(length), 2);
  const masked = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; at += 1) masked[at] = (payload[at] ?? 0) ^ (MASK[at % 4] ?? 0);
  return Buffer.concat([head, MASK, masked]);
}

/** A WebSocket by hand: what is sent is bytes, what comes is kept. */
export class FuzzSocket {
  /** Text messages that came. */
  readonly texts: string[] = [];
  /** The code of the server's close frame. */
  code: number | undefined;
  ended = false;
  private received: Buffer = Buffer.alloc(0);
  private wake: () => void = () => undefined;

  private constructor(private readonly socket: Socket) {
    socket.on('error', () => undefined);
    socket.on('close', () => this.end());
    socket.on('end', () => this.end());
  }

  /** Tries again while the server is too busy, as its answer says. @throws Error if the upgrade is refused */
  static async open(...where: Parameters<typeof FuzzSocket.upgrade>): Promise<FuzzSocket> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await FuzzSocket.upgrade(...where);
      } catch (thrown) {
        if (attempt >= BUSY_ATTEMPTS || !String(thrown).includes('HTTP/1.1 503')) throw thrown;
        await sleep(1_000);
      }
    }
  }

  private static async upgrade(port: number, path: string, headers: Readonly<Record<string, string>> = {}): Promise<FuzzSocket> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const fuzzed = new FuzzSocket(socket);
    await once(socket, 'connect');
    const lines = Object.entries({
      ...{ Host: 'localhost', Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': '13' },
      ...{ 'Sec-WebSocket-Key': randomBytes(16).toString('base64'), ...headers },
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    let head = '';
    const upgraded = new Promise<void>((resolve) => {
      const read = (part: Buffer): void => {
        head += part.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end === -1) return;
        socket.off('data', read);
        socket.on('data', (more: Buffer) => fuzzed.take(more));
        fuzzed.take(Buffer.from(head.slice(end + 4), 'latin1'));
        resolve();
      };
      socket.on('data', read);
      socket.once('close', () => resolve());
    });
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
    await upgraded;
    if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`upgrade answered ${head.slice(0, 60)}`);
    return fuzzed;
  }

  write(bytes: Buffer): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** Waits until something holds, looking again after each arrival. @returns whether it came to hold before the deadline or the end */
  async until(holds: () => boolean, deadlineMs = DEADLINE_MS): Promise<boolean> {
    const deadline = performance.now() + deadlineMs;
    for (;;) {
      if (holds()) return true;
      const left = deadline - performance.now();
      if (this.ended || left <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  destroy(): void {
    this.socket.destroy();
  }

  private end(): void {
    this.ended = true;
    this.wake();
  }

  private take(part: Buffer): void {
    this.received = this.received.length === 0 ? part : Buffer.concat([this.received, part]);
    let at = 0;
    for (;;) {
      const next = this.frameAt(at);
      if (next === undefined) break;
      at = next;
    }
    this.received = this.received.subarray(at);
    this.wake();
  }

  /** Reads one frame (the server's are whole and without a mask). @returns where the next begins */
  private frameAt(at: number): number | undefined {
    const { received } = this;
    if (received.length < at + 2) return undefined;
    const size = received.readUInt8(at + 1);
    const offset = at + (size === 126 ? 4 : size === 127 ? 10 : 2);
    if (received.length < offset) return undefined;
    const length = size === 126 ? received.readUInt16BE(at + 2) : size === 127 ? Number(received.readBigUInt64BE(at + 2)) : size;
    const end = offset + length;
    if (received.length < end) return undefined;
    const opcode = received.readUInt8(at) & 0x0f;
    const payload = received.subarray(offset, end);
    if (opcode === OPCODE.text) this.texts.push(payload.toString('utf8'));
    if (opcode === OPCODE.close) this.code = length < 2 ? 1005 : payload.readUInt16BE(0);
    return end;
  }
}

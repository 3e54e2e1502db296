import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Parsed } from './http-client.js';

const DEADLINE_MS = 5_000;

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

export interface Refusal {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Parsed;
}

/** A raw WebSocket that keeps what it gets until a test asks for it. */
export class RawSocket {
  private readonly frames: Parsed[] = [];
  private readonly waiting: ((frame: Parsed) => void)[] = [];
  /** How the connection ended. */
  readonly closed: Promise<Closed>;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      const frame: unknown = JSON.parse(data.toString('utf8'));
      const next = this.waiting.shift();
      if (next) next(frame);
      else this.frames.push(frame);
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') }));
    });
    socket.on('error', () => undefined);
  }

  static open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<RawSocket> {
    const socket = new WebSocket(url, { headers, perMessageDeflate: false });
    const wrapped = new RawSocket(socket);
    return within(
      new Promise((resolve, reject) => {
        socket.once('open', () => resolve(wrapped));
        socket.once('unexpected-response', (_request, response) => {
          response.resume();
          reject(new Error(`upgrade answered ${response.statusCode}`));
        });
        socket.once('error', reject);
      }),
      'the socket to open',
    );
  }

  /** How the server refuses an upgrade. */
  static refused(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Refusal> {
    const socket = new WebSocket(url, { headers, perMessageDeflate: false });
    socket.on('error', () => undefined);
    return within(
      new Promise((resolve, reject) => {
        socket.once('open', () => {
          socket.terminate();
          reject(new Error('the upgrade was granted'));
        });
        socket.once('unexpected-response', (_request, response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () => {
            const text = Buffer.concat(parts).toString('utf8');
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text ? JSON.parse(text) : undefined });
          });
        });
      }),
      'the refusal',
    );
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }

  /** The next frame, in the order of arrival. */
  next(deadlineMs = DEADLINE_MS): Promise<Parsed> {
    const frame = this.frames.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    return within(new Promise((resolve) => this.waiting.push(resolve)), 'a frame', deadlineMs);
  }

  /** The next frame for which `wanted` holds; those before it are passed over. */
  async nextThat(wanted: (frame: Parsed) => boolean, deadlineMs = DEADLINE_MS): Promise<Parsed> {
    const end = performance.now() + deadlineMs;
    for (;;) {
      const frame = await this.next(Math.max(1, end - performance.now()));
      if (wanted(frame)) return frame;
    }
  }

  /** Sends a frame and gives the next that comes. */
  ask(frame: unknown): Promise<Parsed> {
    this.send(frame);
    return this.next();
  }

  /** Runs a command by the command frame and gives its response. */
  command(name: string, payload: unknown = {}, requestId = `r-${Math.random().toString(36).slice(2)}`): Promise<Parsed> {
    const [domain, command] = name.split('.');
    this.send({ type: 'command', v: 1, request_id: requestId, domain, command, payload });
    return this.nextThat((frame) => frame.request_id === requestId);
  }

  /** What has arrived and was not asked for yet. */
  pending(): readonly Parsed[] {
    return this.frames;
  }

  close(): Promise<Closed> {
    this.socket.close();
    return this.closed;
  }

  terminate(): void {
    this.socket.terminate();
  }
}

async function within<T>(promise: Promise<T>, what: string, deadlineMs = DEADLINE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${deadlineMs} ms for ${what}`)), deadlineMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

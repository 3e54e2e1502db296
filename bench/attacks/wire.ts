import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** For how long an attack goes on, and whose it is. */
export interface AttackOptions {
  readonly seconds: number;
  /** Access tokens; attacks without an account need none. */
  readonly tokens?: readonly string[];
}

/** What one client does to a server until its time is over. It leaves nothing open, and whatever the server does about it is no error. */
export type Attack = (base: string, options: AttackOptions) => Promise<void>;

/** Where an attack stands in its time. */
export class Clock {
  private readonly end: number;

  constructor({ seconds }: AttackOptions) {
    this.end = performance.now() + seconds * 1000;
  }

  get isOver(): boolean {
    return performance.now() >= this.end;
  }

  /** Waits, but not beyond the end. */
  async wait(ms: number): Promise<void> {
    await sleep(Math.max(0, Math.min(ms, this.end - performance.now())));
  }
}

/** How long an attacker waits after it was refused: less would only slow the attacker itself down. */
const REFUSED_MS = 50;

const OPCODE = { continuation: 0, text: 1, ping: 9, pong: 10 } as const;

/** A frame of a WebSocket client (RFC 6455 §5.2). Its mask is zero, which leaves the text as it is. */
export function wireFrame(kind: keyof typeof OPCODE, text = '', { fin = true } = {}): Buffer {
  const length = Buffer.byteLength(text);
  const size = length < 126 ? [0x80 | length] : [0xfe, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([(fin ? 0x80 : 0) | OPCODE[kind], ...size, 0, 0, 0, 0]), Buffer.from(text)]);
}

/** Bytes repeated until there are about so many of them: one write instead of thousands. */
export const repeated = (bytes: Buffer, size: number): Buffer =>
  Buffer.concat(Array.from({ length: Math.max(1, Math.floor(size / bytes.length)) }, () => bytes));

/** Connects, and reads on without looking at what comes. */
export async function openTcp(base: string): Promise<Socket | null> {
  const { hostname, port } = new URL(base);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  socket.on('error', () => undefined);
  const [first] = await Promise.race([once(socket, 'connect').then(() => [true]), once(socket, 'close').then(() => [false])]);
  return first ? socket : null;
}

const isHandshake = (head: string): boolean => head.startsWith('HTTP/1.1 101');

/** Opens a WebSocket; null where it was refused. */
export async function openWebSocket(base: string, path: string): Promise<Socket | null> {
  const socket = await openTcp(base);
  if (!socket) return null;
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  const head = await Promise.race([once(socket, 'data').then(([part]) => String(part)), once(socket, 'close').then(() => '')]);
  if (isHandshake(head)) return socket.resume();
  socket.destroy();
  return null;
}

/** Writes the same bytes over and over, as fast as they are taken, until the connection or the time is over. */
export async function pour(socket: Socket, bytes: Buffer, clock: Clock): Promise<void> {
  while (!clock.isOver && !socket.destroyed && socket.writable) {
    socket.write(bytes);
    // Others of this process have to get their turn, too.
    do await sleep(1);
    while (socket.writableNeedDrain && !clock.isOver && !socket.destroyed);
  }
}

/** Opens one connection after the other, each for the same use, until the time is over. */
export async function again(
  clock: Clock,
  open: () => Promise<Socket | null>,
  use: (socket: Socket) => Promise<void>,
): Promise<void> {
  while (!clock.isOver) {
    const socket = await open();
    if (socket) {
      await use(socket);
      socket.destroy();
    } else await clock.wait(REFUSED_MS);
  }
}

/** A request whose answer is read; the status is 0 where none came. */
export function ask(
  base: string,
  method: string,
  path: string,
  body?: Buffer,
  token?: string,
): Promise<{ status: number; text: string }> {
  const headers = {
    ...(body ? { 'content-type': 'text/plain;charset=UTF-8', 'content-length': body.length } : {}),
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  return new Promise((resolve) => {
    const failed = (): void => resolve({ status: 0, text: '' });
    const asked = request(base + path, { method, headers, agent: false }, (answer: IncomingMessage) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text })).once('error', failed);
    });
    asked.once('error', failed).end(body);
  });
}

export const ENGINE_POLLING = '/socket.io/?EIO=4&transport=polling';
export const ENGINE_WEBSOCKET = '/socket.io/?EIO=4&transport=websocket';
/** Between the packets of one payload. */
const SEPARATOR = '\u001e';
/** The largest body that Engine.IO takes here, in bytes. */
const PAYLOAD_BYTES = 256 * 1024;

/** A body full of the same packet. */
export function payloadOf(packet: string): Buffer {
  const count = Math.floor(PAYLOAD_BYTES / (Buffer.byteLength(packet) + 1));
  return Buffer.from(Array.from({ length: count }, () => packet).join(SEPARATOR));
}

/** Opens a session of long polling, joined where there is a token. @returns its path; null where it was refused */
export async function openSession(base: string, token?: string): Promise<string | null> {
  const { status, text } = await ask(base, 'GET', ENGINE_POLLING);
  const sid = status === 200 ? /"sid":"([^"]+)"/.exec(text)?.[1] : undefined;
  if (sid === undefined) return null;
  const session = `${ENGINE_POLLING}&sid=${sid}`;
  if (token === undefined) return session;
  const joined = await ask(base, 'POST', session, Buffer.from(`40${JSON.stringify({ token })}`));
  return joined.status === 200 ? session : null;
}

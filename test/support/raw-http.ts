import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What came back on a connection of its own. */
export interface Exchange {
  /** Everything that came, one character per byte. */
  readonly text: string;
  /** Of the first answer; 0 where none came. */
  readonly status: number;
  /** Milliseconds from the first byte sent until the server closed the connection; null where it stayed open until the deadline. */
  readonly closedAfterMs: number | null;
}

export interface ExchangeOptions {
  readonly deadlineMs?: number;
  /** Ends the wait early, while the connection is still open. */
  readonly enough?: (text: string) => boolean;
  /** Sent byte by byte afterwards, with these milliseconds between two. */
  readonly drip?: { readonly text: string; readonly everyMs: number };
}

/** How many whole answers there are in what came. */
export const answersIn = (text: string): number => (text.match(/^HTTP\/1\.1 (?!100)/gm) ?? []).length;

/** Sends bytes that no HTTP client would send, and waits for the server to close the connection. */
export async function exchange(port: number, bytes: string | Buffer, options: ExchangeOptions = {}): Promise<Exchange> {
  const { deadlineMs = 5_000, enough = () => false, drip } = options;
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const from = performance.now();
  let text = '';
  let closedAfterMs: number | null = null;
  const ended = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, deadlineMs);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    socket.on('data', (part: Buffer) => {
      text += part.toString('latin1');
      if (enough(text)) done();
    });
    // Writing to a connection that the server has closed is no fault here.
    socket.on('error', () => undefined);
    for (const event of ['end', 'close'] as const) {
      socket.on(event, () => {
        closedAfterMs ??= performance.now() - from;
        done();
      });
    }
  });
  await once(socket, 'connect');
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  const timer = drip ? dripInto(socket, drip.text, drip.everyMs) : undefined;
  await ended;
  clearInterval(timer);
  socket.destroy();
  return { text, status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), closedAfterMs };
}

function dripInto(socket: Socket, text: string, everyMs: number): NodeJS.Timeout {
  let at = 0;
  return setInterval(() => {
    if (at < text.length && socket.writable) socket.write(text.charAt(at), 'latin1');
    at += 1;
  }, everyMs);
}

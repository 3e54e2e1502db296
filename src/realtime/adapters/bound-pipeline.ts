import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of one connection that may wait for their answers. A client that sends more of them behind each other does not read. */
const MAX_PIPELINED = 32;
/** What tells Node's parser that the rest of what has arrived is not its own: it is the answer to an upgrade. */
const STOP = 2;

/** Requests that wait, of each connection. */
const waiting = new WeakMap<Socket, number>();

/** What Node keeps of the requests of a connection; none of it is in its types. */
interface Parser {
  onIncoming(request: IncomingMessage, keepsAlive: boolean): number;
}

/**
 * Ends a connection on which too many requests wait for their answers. Node itself reads on, two megabytes before anybody else has a
 * turn, and has an object or two for each of tens of thousands of requests before the first of them is answered. So it is stopped where
 * it hands over a request.
 */
export function boundPipeline(socket: Socket): void {
  const parser: unknown = Reflect.get(socket, 'parser');
  if (!isParser(parser)) return;
  const onIncoming = parser.onIncoming.bind(parser);
  parser.onIncoming = (request, keepsAlive) => {
    if (!socket.destroyed && waitingOf(socket) < MAX_PIPELINED) return onIncoming(request, keepsAlive);
    socket.destroy();
    return STOP;
  };
}

const waitingOf = (socket: Socket): number => waiting.get(socket) ?? 0;

/** Counts a request until it is answered. */
export function countWaiting(socket: Socket, response: ServerResponse): void {
  waiting.set(socket, waitingOf(socket) + 1);
  response.once('close', () => waiting.set(socket, waitingOf(socket) - 1));
}

const isParser = (value: unknown): value is Parser =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, 'onIncoming') === 'function';

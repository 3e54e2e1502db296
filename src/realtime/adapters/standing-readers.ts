import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { addressKey } from '../../ops/address-key.js';

export interface ReaderLimits {
  /** Milliseconds for which a client may take nothing of an answer that waits for it. */
  readonly stallMs: number;
  /** Milliseconds after which what waited must all have been taken. */
  readonly totalMs: number;
  /** Bytes that may wait for all connections of an address together. */
  readonly bytesPerAddress: number;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
}

const LIMITS: ReaderLimits = { stallMs: 30_000, totalMs: 600_000, bytesPerAddress: 32 * 1024 * 1024, everyMs: 1_000 };

interface Reader {
  readonly responses: Set<ServerResponse>;
  /** What was left when something was last taken. */
  mark: string;
  takenAt: number;
  /** Since when something has waited without a break; undefined while nothing waits. */
  since: number | undefined;
}

/**
 * Ends the connections of clients that ask over HTTP and do not read the answers. Node keeps such an answer, and the connection, for as long
 * as the client likes.
 */
export class StandingReaders {
  private readonly readers = new Map<Socket, Reader>();
  private readonly limits: ReaderLimits;

  /** @param isProxied connections may all be those of one proxy, so that their addresses tell nothing apart */
  constructor(
    private readonly isProxied: boolean,
    limits: Partial<ReaderLimits> = {},
  ) {
    this.limits = { ...LIMITS, ...limits };
  }

  /** Looks after the answers of a server for as long as it listens. */
  attend(server: Server): void {
    const timer = setInterval(() => this.look(performance.now()), this.limits.everyMs).unref();
    server.once('close', () => clearInterval(timer));
  }

  watch(socket: Socket, response: ServerResponse): void {
    const reader = this.readers.get(socket) ?? { responses: new Set(), mark: '', takenAt: 0, since: undefined };
    this.readers.set(socket, reader);
    reader.responses.add(response);
    response.once('close', () => {
      reader.responses.delete(response);
      if (reader.responses.size === 0) this.readers.delete(socket);
    });
  }

  private look(now: number): void {
    const byAddress = new Map<string | Socket, { socket: Socket; bytes: number }[]>();
    for (const [socket, reader] of this.readers) {
      const bytes = waitingBytes(reader.responses);
      if (this.isStanding(socket, reader, bytes, now)) {
        end(socket);
        continue;
      }
      if (bytes === 0) continue;
      const key = this.isProxied ? socket : addressKey(socket.remoteAddress ?? '');
      const group = byAddress.get(key);
      if (group) group.push({ socket, bytes });
      else byAddress.set(key, [{ socket, bytes }]);
    }
    for (const group of byAddress.values()) this.endSlowest(group);
  }

  private isStanding(socket: Socket, reader: Reader, bytes: number, now: number): boolean {
    if (bytes === 0) {
      reader.since = undefined;
      return false;
    }
    const mark = `${queuedBytes(socket)} ${socket.bytesWritten} ${bytes}`;
    if (reader.since === undefined || mark !== reader.mark) Object.assign(reader, { mark, takenAt: now });
    reader.since ??= now;
    return now - reader.takenAt >= this.limits.stallMs || now - reader.since >= this.limits.totalMs;
  }

  private endSlowest(group: { socket: Socket; bytes: number }[]): void {
    let sum = group.reduce((total, { bytes }) => total + bytes, 0);
    if (sum <= this.limits.bytesPerAddress) return;
    for (const { socket, bytes } of group.sort((a, b) => b.bytes - a.bytes)) {
      if (sum <= this.limits.bytesPerAddress) return;
      end(socket);
      sum -= bytes;
    }
  }
}

/** By a reset: after an ordinary end the kernel would go on offering what the client does not take. */
const end = (socket: Socket): void => void socket.resetAndDestroy();

/** What the client has not been given yet; of the answer whose turn it is, what the connection holds counts along. */
function waitingBytes(responses: ReadonlySet<ServerResponse>): number {
  let sum = 0;
  for (const response of responses) sum += response.writableLength;
  return sum;
}

/** What the kernel has not taken of the write that is under way: one large write shows no progress anywhere else. */
function queuedBytes(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const size: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'writeQueueSize') : undefined;
  return typeof size === 'number' ? size : 0;
}

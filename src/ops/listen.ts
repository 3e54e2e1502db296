import { type EventEmitter, once } from 'node:events';
import { Server as HttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import type { Settings } from '../config/settings.js';
import { codeOf } from '../errors/thrown.js';
import { Drain } from './drain.js';

/** Errors that say that a machine has no IPv6, which is no fault. */
const NO_SUCH_ADDRESS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL']);

/**
 * Starts to accept connections where HOST and PORT say. `localhost` means both loopback addresses: which of them a client tries first
 * depends on its resolver.
 * @returns the port, of interest where PORT is 0
 * @throws Error of the system call `listen`, for example because the port is taken
 */
export async function listen(app: INestApplication, { HOST, PORT }: Pick<Settings, 'HOST' | 'PORT'>): Promise<number> {
  const isLocal = HOST === 'localhost';
  await app.listen(PORT, isLocal ? '127.0.0.1' : HOST);
  const main: unknown = app.getHttpServer();
  if (!(main instanceof HttpServer)) throw new TypeError('no HTTP server to listen with');
  // A server that listens on a host and a port has such an address.
  const { port } = main.address() as AddressInfo;
  const second = isLocal ? await listenToo(main, port, '::1').catch((error: unknown) => ignoreMissing(error, PORT)) : undefined;
  if (second) app.get(Drain).closeToo(second);
  return port;
}

/** A second door to the same server: its connections are handed over as if they were the server's own. */
async function listenToo(main: EventEmitter, port: number, host: string): Promise<Server> {
  const hand = (socket: Socket): void => void main.emit('connection', socket);
  const door = createServer({ allowHalfOpen: true, noDelay: true }, hand).listen({ port, host, ipv6Only: true });
  await once(door, 'listening');
  return door;
}

function ignoreMissing(error: unknown, wantedPort: number): undefined {
  const code = codeOf(error);
  // Of a port that the system chose, only the first address was asked for.
  if (NO_SUCH_ADDRESS.has(code) || (wantedPort === 0 && code === 'EADDRINUSE')) return undefined;
  throw error;
}

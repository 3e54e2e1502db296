import type { SocketDriver } from './driver.js';
import { RAW_DRIVERS } from './raw.js';
import { SOCKETIO_DRIVERS } from './socketio.js';

/** Every kind of socket. */
export const SOCKET_DRIVERS: readonly SocketDriver[] = [...RAW_DRIVERS, ...SOCKETIO_DRIVERS];

/** Those that carry the command frame. */
export const COMMAND_DRIVERS = SOCKET_DRIVERS.filter(({ kind }) => kind !== 'messenger');

import type { IncomingMessage } from 'node:http';
import { CoreError } from '../../errors/catalogue.js';

/** The versions of the protocol that `ws` speaks: RFC 6455, and the draft before it, whose frames are the same. */
const VERSIONS = ['13', '8'];
/** Sixteen bytes in Base64 (RFC 6455 §4.2.1). */
const KEY = /^[+/0-9a-z]{22}==$/i;

/** For a request that has to ask for a WebSocket, in a version that is spoken here (RFC 6455 §4.4, RFC 9110 §15.5.22). */
export const upgradeRequired = (): CoreError =>
  new CoreError('upgrade_required', {
    headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': VERSIONS.join(', ') },
  });

/** What keeps a request for a WebSocket from being a handshake (RFC 6455 §4.2.1); undefined where nothing does. */
export function handshakeFault({ method, headers }: IncomingMessage): CoreError | undefined {
  if (method !== 'GET') return new CoreError('method_not_allowed', { headers: { allow: 'GET' } });
  if (!VERSIONS.includes(headers['sec-websocket-version'] ?? '')) return upgradeRequired();
  if (!KEY.test(headers['sec-websocket-key'] ?? '')) {
    return new CoreError('bad_handshake', { detail: 'Sec-WebSocket-Key is missing or is not 16 bytes in Base64' });
  }
  return undefined;
}

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Headers that ask for another protocol; without them the request is an ordinary one. */
const ASKING = new Set(['upgrade', 'http2-settings', 'connection']);

/**
 * Whether a request asks for a WebSocket (RFC 6455 §4.2.1), and not for something that we do not speak. One of HTTP/1.0 cannot: its
 * `Upgrade` is to be ignored (RFC 9110 §7.8).
 */
export const asksForWebSocket = ({ headers, httpVersion }: IncomingMessage): boolean =>
  httpVersion !== '1.0' && headers.upgrade?.split(',').some((protocol) => protocol.trim().toLowerCase() === 'websocket') === true;

/**
 * Goes on when every earlier request of the connection has been answered. A client may send an upgrade behind other requests
 * without waiting (RFC 9112 §9.3.2): their answers come first, and until the last of them has left, the connection is still
 * Node's; one that is taken over or begun anew before that ends in an assertion of Node's own.
 */
export function whenAnswered(stream: Duplex, then: () => void): void {
  const { _httpMessage: earlier } = stream as Duplex & { readonly _httpMessage?: ServerResponse | null };
  if (!earlier) return then();
  // Node has let go of the connection's errors already.
  const onError = (): void => void stream.destroy();
  stream.once('error', onError);
  earlier.once('close', () => {
    stream.off('error', onError);
    if (!stream.destroyed) whenAnswered(stream, then);
  });
}

/**
 * Serves a request that asks for a protocol other than WebSocket, or by HTTP/1.0, as if it had not asked (RFC 9110 §7.8): HTTP clients of Java
 * offer `h2c` with every first request. Node has taken such a connection away from its HTTP parser, head and all, as soon as
 * there is a listener for upgrades; so the request is put back without the offer, and the connection begins anew.
 */
export function ignoreUpgrade(server: Server, request: IncomingMessage, stream: Duplex, head: Buffer): void {
  const { method = 'GET', url = '/', httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2);
    if (!ASKING.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
  }
  const rest = (request.headers.connection ?? '').split(',').filter((option) => !ASKING.has(option.trim().toLowerCase()));
  if (rest.length > 0) lines.push(`Connection: ${rest.join(',').trim()}`);
  // Node reads header bytes as Latin-1; so they are written.
  stream.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', stream);
}

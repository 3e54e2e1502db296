import { io } from 'socket.io-client';
import { RawSocket } from './raw-socket.js';
import type { TestServer } from './server.js';

type Door = (server: TestServer, token: string) => Promise<boolean>;

/** Whether a raw socket that carries the token is let in, and knows its user. */
const raw =
  (path: string, how: 'header' | 'query'): Door =>
  async (server, token) => {
    const query = how === 'query' ? `?token=${encodeURIComponent(token)}` : '';
    const headers: Record<string, string> = how === 'header' ? { authorization: `Bearer ${token}` } : {};
    const socket = await RawSocket.open(server.wsUrl + path + query, headers).catch(() => undefined);
    if (!socket) return false;
    const answer = await socket.command('system.whoami');
    await socket.close();
    return Number.isInteger(answer.data?.user_id);
  };

/** Whether a socket that is open already becomes its user's. */
const authenticate: Door = async (server, token) => {
  const socket = await server.socket('/ws/door-authenticate');
  const answer = await socket.command('system.authenticate', { token });
  await socket.close();
  return answer.success === true;
};

/** Whether Socket.IO lets the token in. */
const socketIo =
  (options: (token: string) => object): Door =>
  (server, token) =>
    new Promise((resolve, reject) => {
      const socket = io(server.url, { ...options(token), transports: ['websocket'], reconnection: false, forceNew: true });
      const end = (opened: boolean): void => {
        socket.disconnect();
        resolve(opened);
      };
      socket.once('connect', () => end(true));
      socket.once('connect_error', () => end(false));
      setTimeout(() => reject(new Error('Socket.IO neither connected nor failed')), 5_000).unref();
    });

const http =
  (method: string, path: string): Door =>
  async (server, token) => {
    const { status } = await server.client(token).send(method, path);
    if (status !== 200 && status !== 401) throw new Error(`${method} ${path} answered ${status}`);
    return status === 200;
  };

/** Everywhere that an access token is taken. */
export const DOORS: Readonly<Record<string, Door>> = {
  'GET /api/v1/users/me': http('GET', '/api/v1/users/me'),
  'POST /api/v1/commands': async (server, token) => {
    const { body } = await server.client(token).post('/api/v1/commands/system/whoami', {});
    return Number.isInteger(body.data?.user_id);
  },
  '/v1/connect, header': raw('/v1/connect', 'header'),
  '/v1/connect, query': raw('/v1/connect', 'query'),
  '/ws, header': raw('/ws/door-header', 'header'),
  '/ws, query': raw('/ws/door-query', 'query'),
  '/api/v1/ws, query': raw('/api/v1/ws/door-api', 'query'),
  '/, query': async (server, token) => {
    const socket = await RawSocket.open(`${server.wsUrl}/?token=${encodeURIComponent(token)}`).catch(() => undefined);
    await socket?.close();
    return socket !== undefined;
  },
  'system.authenticate': authenticate,
  'messenger, in a frame': async (server, token) => {
    const socket = await server.socket('/');
    const answer = await socket.ask({ mode: 'logout', token, username: 'nobody-of-this-name' });
    await socket.close();
    // 403: the token is good, the name is not its own.
    return answer.status === 403;
  },
  'Socket.IO, auth': socketIo((token) => ({ auth: { token } })),
  'Socket.IO, query': socketIo((token) => ({ query: { token } })),
  'Socket.IO, header': socketIo((token) => ({ extraHeaders: { authorization: `Bearer ${token}` } })),
};

/**
 * The doors that a token opens.
 * @param which the names of those to try; all, unless given
 */
export async function opened(server: TestServer, token: string, which = Object.keys(DOORS)): Promise<string[]> {
  const doors = Object.entries(DOORS).filter(([name]) => which.includes(name));
  const tries = doors.map(async ([name, door]) => ((await door(server, token)) ? [name] : []));
  return (await Promise.all(tries)).flat();
}

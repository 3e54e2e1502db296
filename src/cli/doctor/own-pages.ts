import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Settings } from '../../config/settings.js';
import { reasonOf } from '../../errors/thrown.js';
import { type Finding, fault, ok, warning } from './finding.js';

const CHECK = 'own pages';

/** Whether a page at PUBLIC_URL can stay logged in and open sockets, as a browser there would: without a token, the server answers 401 to both. */
export async function checkOwnPages(
  url: string,
  { PROTOCOLS }: Pick<Settings, 'PROTOCOLS'>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { origin } = new URL(url);
  const asked = [
    PROTOCOLS.includes('rest') && { what: 'refresh', status: await refresh(url, origin, signal) },
    PROTOCOLS.includes('game') && { what: 'upgrade', status: await upgrade(url, origin, signal) },
  ].filter((one) => one !== false);
  const found = asked.flatMap(({ what, status }) => judge(what, status, origin));
  return found.length > 0 || asked.length === 0 ? found : [ok(CHECK, `${origin} may refresh and open sockets`)];
}

function judge(what: string, status: number | string, origin: string): Finding[] {
  if (status === 401) return [];
  const found = `${what} with the origin ${origin}: ${status}`;
  if (status === 403)
    return [fault(CHECK, found, 'Start the server again, with this PUBLIC_URL; a proxy must leave the header Origin as it is.')];
  if (status === 429) return [warning(CHECK, found, 'Ask again in a minute.')];
  if (what === 'upgrade') return [fault(CHECK, found, 'Let the proxy pass Upgrade and Connection on (docs/operations.md).')];
  return [fault(CHECK, found, 'Let the proxy pass POST on to the server (docs/operations.md).')];
}

async function refresh(url: string, origin: string, signal: AbortSignal): Promise<number | string> {
  const answer = await fetch(`${url}/api/v1/auth/refresh`, { method: 'POST', headers: { origin }, signal, redirect: 'manual' });
  await answer.body?.cancel();
  return answer.status;
}

async function upgrade(url: string, origin: string, signal: AbortSignal): Promise<number | string> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/connect`, { origin });
  const abort = (): void => socket.terminate();
  signal.addEventListener('abort', abort, { once: true });
  // A refusal is an event of its own, before which nothing fails.
  const refused = once(socket, 'unexpected-response') as Promise<[unknown, IncomingMessage]>;
  try {
    return await Promise.race([refused.then(([, { statusCode = 0 }]) => statusCode), once(socket, 'open').then(() => 101)]);
  } catch (thrown) {
    return reasonOf(thrown);
  } finally {
    socket.on('error', () => undefined);
    refused.catch(() => undefined);
    signal.removeEventListener('abort', abort);
    socket.terminate();
  }
}

import { WebSocket } from 'ws';
import { connectSocketIo } from '../../clients/typescript/src/socketio.js';
import { type LiveConnection, type LogEntry, Switchboard, type SwitchboardOptions } from '../../clients/typescript/src/index.js';
import { PASSWORD } from './server.js';

/** What carries a live connection of the client kit. */
export const CARRIERS = ['game', 'socketio'] as const;
export type Carrier = (typeof CARRIERS)[number];

type Send = typeof globalThis.fetch;

/** A client of the kit; as a program keeps its tokens unless said otherwise. */
export const kitOf = (baseUrl: string, options: SwitchboardOptions = {}): Switchboard =>
  new Switchboard({ baseUrl, WebSocket, refresh: 'body', ...options });

/** A client of an account that is there. */
export async function kitFor(baseUrl: string, username: string, options?: SwitchboardOptions): Promise<Switchboard> {
  const kit = kitOf(baseUrl, options);
  await kit.logIn(username, PASSWORD);
  return kit;
}

/** A live connection that comes back quickly. */
export function liveOver(carrier: Carrier, kit: Switchboard): LiveConnection {
  const reconnect = { minMs: 5, maxMs: 50 };
  return carrier === 'game' ? kit.connect({ reconnect }) : connectSocketIo(kit, { reconnect });
}

/** All entries that a connection tells of, in the order in which it does. */
export function entriesOf(live: LiveConnection): LogEntry[] {
  const entries: LogEntry[] = [];
  live.on('entry', (entry) => entries.push(entry));
  return entries;
}

/** The cookies of a browser, shared by its tabs: requests of each get them, and what answers set is kept for all. */
export class CookieJar {
  value: string | null = null;
  /** Requests that were made, as `method path`. */
  readonly made: string[] = [];

  readonly fetch: Send = async (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    this.made.push(`${request.method} ${pathname}`);
    if (this.value !== null && pathname.startsWith('/api/v1/auth')) request.headers.set('cookie', `refresh_token=${this.value}`);
    const response = await fetch(request);
    for (const line of response.headers.getSetCookie()) {
      const [, value = ''] = /^refresh_token=([^;]*)/.exec(line) ?? [];
      this.value = value === '' ? null : value;
    }
    return response;
  };

  timesOf(route: string): number {
    return this.made.filter((made) => made === route).length;
  }
}

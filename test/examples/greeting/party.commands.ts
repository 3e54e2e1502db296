import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Bus, type JsonValue } from '../../../src/bus/bus.js';
import { sessionOf } from '../../../src/commands/caller.js';
import { Command } from '../../../src/commands/command.js';
import { CoreError } from '../../../src/errors/catalogue.js';
import type { Caller, Connection } from '../../../src/realtime/connection.js';
import { Emits } from '../../../src/realtime/events.js';
import { Hub } from '../../../src/realtime/hub.js';
import type { ConnectionListener } from '../../../src/realtime/listeners.js';
import type { JsonSchema } from '../../../src/validation/fields.js';
import { type Guest, GuestList } from './guest-list.js';

const TOPIC = 'greeting.party';
/** A third of what a guest stays without it. */
const RENEW_MS = 10_000;

interface Told {
  readonly event: 'entered' | 'left';
  readonly data: { readonly user_id: number; readonly username: string };
}

const shown = ({ userId, username }: Guest) => ({ user_id: userId, username });

const GUEST: JsonSchema = {
  type: 'object',
  properties: { user_id: { type: 'integer' }, username: { type: 'string' } },
  required: ['user_id', 'username'],
};
const EXAMPLE = { user_id: 2, username: 'bob' };

/** A party with room for few: whoever is there hears who comes and goes. */
@Injectable()
@Emits(
  { name: 'greeting.entered', summary: 'A guest has come to the party; the others hear it.', data: GUEST, example: EXAMPLE },
  { name: 'greeting.left', summary: 'A guest has left the party; the others hear it.', data: GUEST, example: EXAMPLE },
)
export class PartyCommands implements ConnectionListener, OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Party');
  /** Those of this node. */
  private readonly guests = new Map<Connection, Guest>();
  private readonly subscriptions: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly list: GuestList,
    private readonly hub: Hub,
    private readonly bus: Bus,
  ) {}

  onModuleInit(): void {
    this.subscriptions.push(
      this.hub.listeners.add(this),
      // Only nodes publish on this topic, and only with `tell` below.
      this.bus.subscribe(TOPIC, (message) => this.deliver(message as unknown as Told, null)),
    );
    this.timer = setInterval(() => this.renew(), RENEW_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  @Command('greeting.enter', {
    summary: 'Comes to the party; the others hear `greeting.entered`. A connection that closes goes by itself.',
    answer: { type: 'object', properties: { guests: { type: 'array', items: { type: 'object' } } }, required: ['guests'] },
    example: { payload: {}, answer: { guests: [{ user_id: 1, username: 'alice' }] } },
    errors: ['conflict', 'unavailable'],
    liveOnly: true,
  })
  async enter(_payload: object, caller: Caller): Promise<{ guests: Told['data'][] }> {
    const { connection } = caller;
    // The dispatcher lets nobody through to a `liveOnly` command without one.
    if (!connection) throw new CoreError('conflict');
    const { userId, username } = sessionOf(caller);
    const guest = { connectionId: connection.id, userId, username };
    const all = await this.list.enter(guest);
    if (!all) throw new CoreError('conflict', { detail: 'The party is full' });
    // While the list was asked the connection may have gone: `removed` knew nothing of the guest then.
    if (connection.closed || connection.userId !== userId) {
      await this.list.leave(guest);
      throw new CoreError('not_authenticated');
    }
    if (!this.guests.has(connection)) this.tell({ event: 'entered', data: shown(guest) }, connection);
    this.guests.set(connection, guest);
    return { guests: all.map(shown) };
  }

  /** The hub calls it for every connection that closes, or is somebody else's from here on. */
  removed(connection: Connection): void {
    const guest = this.guests.get(connection);
    if (!guest) return;
    this.guests.delete(connection);
    this.tell({ event: 'left', data: shown(guest) }, null);
    // What cannot be taken off the list runs out by itself.
    this.list.leave(guest).catch((error: unknown) => this.logger.warn({ msg: 'a guest stays on the list', err: error }));
  }

  private renew(): void {
    for (const [connection, guest] of this.guests) {
      this.list
        .enter(guest)
        // This node was away for so long that others have come in its place.
        .then((all) => all ?? this.removed(connection))
        .catch((error: unknown) => this.logger.warn({ msg: 'a guest could not be renewed', err: error }));
    }
  }

  /** @param except a connection of this node that need not be told */
  private tell(told: Told, except: Connection | null): void {
    this.bus.forward(TOPIC, told as unknown as JsonValue);
    this.deliver(told, except);
  }

  private deliver({ event, data }: Told, except: Connection | null): void {
    const delivery = this.hub.delivery({ domain: 'greeting', event, data });
    for (const connection of this.guests.keys()) if (connection !== except) delivery.to(connection);
  }
}

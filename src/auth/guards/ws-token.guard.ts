import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { type Handshake, tokenOfHandshake } from '../../http/bearer.js';
import type { Identity } from '../../identity/identity.js';
import { TokenReader } from '../../realtime/ports.js';
import { LiveSessions } from '../live-sessions.js';
import { confirm } from './confirm.js';

/** What of a Socket.IO socket the guard needs. */
interface Client {
  readonly handshake: Handshake;
  /** Our own gateway keeps the connection here, which may have been authenticated anew since the handshake. */
  readonly data: { identity?: Identity | null; readonly connection?: { readonly identity: Identity | null } };
}

/**
 * For handlers of a Nest gateway over Socket.IO: `@UseGuards(WsTokenGuard)`. Whoever the socket was let in as is looked at
 * again before each message, so that a token that has run out, or whose session was ended, opens nothing any more. Guards do
 * not run before a connection is accepted; that is for the connection middleware.
 */
@Injectable()
export class WsTokenGuard implements CanActivate {
  constructor(
    private readonly tokens: TokenReader,
    private readonly live: LiveSessions,
  ) {}

  /** @throws CoreError `not_authenticated`, or `unavailable` */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const client = context.switchToWs().getClient<Client>();
    const { connection } = client.data;
    const identity = connection ? connection.identity : client.data.identity;
    if (!identity && !connection) return this.identify(client);
    const confirmed = confirm(this.live, identity ?? null);
    return confirmed instanceof Promise ? confirmed.then(() => true) : true;
  }

  private async identify(client: Client): Promise<true> {
    const token = tokenOfHandshake(client.handshake);
    client.data.identity = await confirm(this.live, token === null ? null : await this.tokens.identify(token));
    return true;
  }
}

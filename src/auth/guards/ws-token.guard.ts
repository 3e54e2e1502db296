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
    const identity = this.identify(context);
    return identity instanceof Promise ? identity.then(() => true) : true;
  }

  /**
   * Who sends this message.
   * @throws CoreError `not_authenticated`, or `unavailable`
   */
  identify(context: ExecutionContext): Identity | Promise<Identity> {
    const client = context.switchToWs().getClient<Client>();
    const { identity, connection } = client.data;
    if (connection) return confirm(this.live, connection.identity);
    return identity ? confirm(this.live, identity) : this.readToken(client);
  }

  private async readToken(client: Client): Promise<Identity> {
    const token = tokenOfHandshake(client.handshake);
    const identity = await confirm(this.live, token === null ? null : await this.tokens.identify(token));
    client.data.identity = identity;
    return identity;
  }
}

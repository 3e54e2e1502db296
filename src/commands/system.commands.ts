import { Injectable } from '@nestjs/common';
import { CoreError } from '../errors/catalogue.js';
import type { Caller } from '../realtime/connection.js';
import { Hub } from '../realtime/hub.js';
import { TokenReader } from '../realtime/ports.js';
import { Anything, type JsonSchema, Text } from '../validation/fields.js';
import { AllowAnonymous, Command } from './command.js';
import { CommandRegistry } from './registry.js';

class PingPayload {
  @Anything({ description: 'Given back as it was sent', example: 1735689600 })
  sent_at?: unknown;
}

class AuthenticatePayload {
  @Text({
    max: 4096,
    nullable: true,
    description: 'An access token; null makes a connection anonymous where its protocol allows that',
  })
  token!: string | null;
}

const DESCRIPTION: JsonSchema = {
  type: 'object',
  properties: {
    command: { type: 'string' },
    summary: { type: 'string' },
    access: { type: 'string', enum: ['anonymous', 'user', 'superuser'] },
    weight: { type: 'number', description: 'Frames that it counts for at least' },
    weight_by: { type: 'string', description: 'How that grows with the payload' },
    payload: { type: 'object', description: 'JSON Schema' },
    answer: { type: 'object', description: 'JSON Schema' },
    example: { type: 'object', description: 'A payload and its answer' },
  },
  required: ['command', 'summary', 'access', 'weight', 'payload'],
};

/** The `system` domain: what every connection needs, whatever it is used for. */
@Injectable()
export class SystemCommands {
  constructor(
    private readonly hub: Hub,
    private readonly tokens: TokenReader,
    private readonly registry: CommandRegistry,
  ) {}

  @Command('system.ping', {
    summary: 'Answers at once, with the time of the server.',
    payload: PingPayload,
    answer: {
      type: 'object',
      properties: { sent_at: {}, server_time: { type: 'integer', description: 'Unix seconds' } },
      required: ['server_time'],
    },
    example: { payload: { sent_at: 1735689600 }, answer: { sent_at: 1735689600, server_time: 1735689601 } },
    lane: 'none',
    turn: 'free',
  })
  @AllowAnonymous()
  ping({ sent_at }: PingPayload): { sent_at: unknown; server_time: number } {
    return { sent_at, server_time: Math.floor(Date.now() / 1000) };
  }

  @Command('system.whoami', {
    summary: 'Says who the caller is to the server.',
    answer: {
      type: 'object',
      properties: {
        user_id: { type: ['integer', 'null'] },
        username: { type: ['string', 'null'] },
        is_superuser: { type: 'boolean' },
        session_id: { type: ['string', 'null'] },
        connection_id: { type: ['string', 'null'] },
        protocol: { type: 'string' },
      },
      required: ['user_id', 'username', 'is_superuser', 'session_id', 'connection_id', 'protocol'],
    },
    example: {
      payload: {},
      answer: { user_id: 1, username: 'alice', is_superuser: false, session_id: '…', connection_id: '…', protocol: 'game' },
    },
    lane: 'none',
  })
  @AllowAnonymous()
  whoami(_payload: object, { identity, connection, origin }: Caller): object {
    const session = identity?.session;
    return {
      user_id: session?.userId ?? null,
      username: session?.username ?? null,
      is_superuser: session?.isSuperuser ?? false,
      session_id: session?.id ?? null,
      connection_id: connection?.id ?? null,
      protocol: origin.protocol,
    };
  }

  @Command('system.authenticate', {
    summary: 'Changes the user of the connection, or renews its token, without a new connection.',
    payload: AuthenticatePayload,
    answer: {
      type: 'object',
      properties: {
        user_id: { type: ['integer', 'null'] },
        expires_at: { type: ['number', 'null'], description: 'Unix seconds until which the token is good' },
      },
      required: ['user_id', 'expires_at'],
    },
    example: { payload: { token: 'eyJhbGciOiJFUzI1NiIs…' }, answer: { user_id: 1, expires_at: 1735693200 } },
    errors: ['not_authenticated', 'too_many_requests'],
    liveOnly: true,
    lane: 'none',
    turn: 'barrier',
    // A signature to verify, and a change of whose the connection is.
    weight: 3,
  })
  @AllowAnonymous()
  async authenticate({ token }: AuthenticatePayload, { connection }: Caller): Promise<object> {
    if (!connection) throw new CoreError('not_authenticated');
    if (token === null && !connection.codec.anonymous) throw new CoreError('not_authenticated');
    const identity = token === null ? null : await this.tokens.identify(token);
    if (token !== null && !identity) throw new CoreError('not_authenticated');
    if (!identity && connection.identity) this.hub.checkAnonymousRoom(connection.origin.address);
    await this.hub.bind(connection, identity);
    return { user_id: identity?.session.userId ?? null, expires_at: identity ? Math.floor(identity.expiresAt / 1000) : null };
  }

  @Command('system.commands', {
    summary: 'Lists every command with the JSON Schema of its payload.',
    answer: { type: 'object', properties: { commands: { type: 'array', items: DESCRIPTION } }, required: ['commands'] },
    example: {
      payload: {},
      answer: {
        commands: [{ command: 'system.ping', summary: '…', access: 'anonymous', weight: 1, payload: { type: 'object' } }],
      },
    },
    lane: 'none',
    // Its answer is the largest of all: to encode it takes as long as thirty pings.
    weight: 30,
  })
  @AllowAnonymous()
  commands(): object {
    return { commands: this.registry.describe() };
  }
}

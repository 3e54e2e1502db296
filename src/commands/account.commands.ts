import { Injectable } from '@nestjs/common';
import { AccountsService } from '../auth/accounts.service.js';
import { RecoveryService } from '../auth/recovery.service.js';
import { type IssuedTokens, SessionsService } from '../auth/sessions.service.js';
import { CoreError } from '../errors/catalogue.js';
import { RateLimits } from '../ops/rate-limits.js';
import type { Caller } from '../realtime/connection.js';
import { Hub } from '../realtime/hub.js';
import { LoginName, LoginPassword, Password, Username } from '../users/fields.js';
import { foldName } from '../users/names.js';
import { Email, type JsonSchema, Text } from '../validation/fields.js';
import { sessionOf } from './caller.js';
import { AllowAnonymous, Command } from './command.js';

class LogInPayload {
  @LoginName()
  username!: string;

  @LoginPassword()
  password!: string;
}

class RegisterPayload {
  @Username()
  username!: string;

  @Password()
  password!: string;

  @Email()
  email!: string;
}

class RecoverPayload {
  @Text({ min: 1, max: 320, trim: true })
  known_data!: string;

  @Text({ choices: ['email', 'username'] })
  known_data_type!: 'email' | 'username';
}

class LogOutPayload {
  @LoginName()
  username!: string;
}

const TOKEN = 'eyJhbGciOiJFUzI1NiIs…';
const TOKEN_SCHEMA: JsonSchema = {
  type: 'object',
  properties: { token: { type: 'string', description: 'An access token' } },
  required: ['token'],
};
const ACCOUNT = { username: 'alice', password: 'correct horse battery' };

/** Accounts for protocols whose clients log in over the live connection itself. Only codecs can ask for these. */
@Injectable()
export class AccountCommands {
  constructor(
    private readonly accounts: AccountsService,
    private readonly sessions: SessionsService,
    private readonly recovery: RecoveryService,
    private readonly limits: RateLimits,
    private readonly hub: Hub,
  ) {}

  @Command('account.login', {
    summary: 'Logs in and binds the connection.',
    payload: LogInPayload,
    answer: TOKEN_SCHEMA,
    example: { payload: ACCOUNT, answer: { token: TOKEN } },
    errors: ['wrong_credentials'],
    internal: true,
    liveOnly: true,
    lane: 'none',
  })
  @AllowAnonymous()
  async logIn({ username, password }: LogInPayload, caller: Caller): Promise<{ token: string }> {
    await this.count(caller);
    const user = await this.accounts.verifyCredentials(username, password, caller.origin);
    // Before there is a session that nobody would get the token of.
    const release = caller.connection && caller.connection.userId !== user.id ? this.hub.reserve(user.id) : undefined;
    let tokens: IssuedTokens;
    try {
      tokens = await this.sessions.open(user, caller.origin, { refresh: false });
    } finally {
      release?.();
    }
    return this.bind(tokens, caller);
  }

  @Command('account.register', {
    summary: 'Makes an account, logs in and binds the connection.',
    payload: RegisterPayload,
    answer: TOKEN_SCHEMA,
    example: { payload: { ...ACCOUNT, email: 'alice@example.com' }, answer: { token: TOKEN } },
    errors: ['taken', 'registration_closed'],
    internal: true,
    liveOnly: true,
    lane: 'none',
  })
  @AllowAnonymous()
  async register(payload: RegisterPayload, caller: Caller): Promise<{ token: string }> {
    await this.count(caller);
    const user = await this.accounts.register(payload, caller.origin, caller.identity ? 'never' : 'always');
    return this.bind(await this.sessions.open(user, caller.origin, { refresh: false }), caller);
  }

  @Command('account.recover', {
    summary: 'Sends a recovery link, if there is an address.',
    payload: RecoverPayload,
    answer: { type: 'object' },
    example: { payload: { known_data: 'alice@example.com', known_data_type: 'email' }, answer: {} },
    internal: true,
    lane: 'none',
  })
  @AllowAnonymous()
  async recover({ known_data: known, known_data_type: type }: RecoverPayload, caller: Caller): Promise<object> {
    await this.count(caller);
    await this.recovery.request(type === 'email' ? { email: known } : { username: known }, caller.origin);
    return {};
  }

  @Command('account.logout', {
    summary: "Ends the caller's session; its connection stays open, unbound.",
    payload: LogOutPayload,
    answer: { type: 'object' },
    example: { payload: { username: 'alice' }, answer: {} },
    errors: ['forbidden'],
    internal: true,
    liveOnly: true,
    lane: 'none',
  })
  async logOut({ username }: LogOutPayload, caller: Caller): Promise<object> {
    const session = sessionOf(caller);
    if (foldName(username) !== foldName(session.username)) throw new CoreError('forbidden');
    const { connection, origin } = caller;
    const before = connection?.identity ?? null;
    // Unbound first: revoking closes the connections that are still the session's.
    if (connection) await this.hub.bind(connection, null);
    try {
      await this.sessions.revoke(session.id, 'logout', session, origin);
    } catch (thrown) {
      if (connection) await this.hub.bind(connection, before);
      throw thrown;
    }
    return {};
  }

  /** What costs as much as a request to the API counts as one, however it comes. @throws CoreError `too_many_requests` */
  private async count({ origin }: Caller): Promise<void> {
    const wait = await this.limits.take('api', origin.address);
    if (wait > 0) throw new CoreError('too_many_requests', { retryAfterSec: wait });
  }

  private async bind({ token, expiresIn, session }: IssuedTokens, { connection }: Caller): Promise<{ token: string }> {
    if (connection) await this.hub.bind(connection, { session, expiresAt: Date.now() + expiresIn * 1000, generation: 0 });
    return { token };
  }
}

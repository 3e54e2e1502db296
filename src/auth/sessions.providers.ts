import type { Provider } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { getRepositoryToken } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Settings } from '../config/settings.js';
import { TokenReader } from '../realtime/ports.js';
import { AppSecret } from './app-secret.js';
import { AccessGuard } from './guards/access.guard.js';
import { WsTokenGuard } from './guards/ws-token.guard.js';
import { Housekeeping } from './housekeeping.js';
import { LastUse } from './last-use.js';
import { LiveSessions } from './live-sessions.js';
import { LogOuts } from './log-outs.js';
import { Session } from './session.entity.js';
import { SessionWriter } from './session-writer.js';
import { SessionsService } from './sessions.service.js';
import { SigningKeys } from './signing-keys.js';
import { JwtStrategy } from './strategies/jwt.strategy.js';
import { LocalLoginStrategy, LocalStrategy } from './strategies/local.strategy.js';
import { SessionTokenReader } from './token-reader.js';
import { AccessTokens } from './tokens.js';

/** What makes, remembers and ends sessions and tokens, and decides by them. */
export const SESSION_PROVIDERS: Provider[] = [
  { provide: AppSecret, useFactory: (settings: Settings) => AppSecret.load(settings), inject: [Settings] },
  {
    provide: getRepositoryToken(Session),
    useFactory: (source: DataSource) => source.getRepository(Session),
    inject: [DataSource],
  },
  SigningKeys,
  AccessTokens,
  LiveSessions,
  LastUse,
  SessionTokenReader,
  { provide: TokenReader, useExisting: SessionTokenReader },
  SessionWriter,
  SessionsService,
  LogOuts,
  Housekeeping,
  LocalStrategy,
  LocalLoginStrategy,
  JwtStrategy,
  WsTokenGuard,
  { provide: APP_GUARD, useClass: AccessGuard },
];

/** What other rooms use of it. The strategies and guards are for `@UseGuards` in their controllers and gateways. */
export const SESSION_EXPORTS = [
  Housekeeping,
  TokenReader,
  LiveSessions,
  LogOuts,
  SessionsService,
  SigningKeys,
  AppSecret,
  LocalStrategy,
  LocalLoginStrategy,
  JwtStrategy,
  WsTokenGuard,
];

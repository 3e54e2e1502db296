import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { AuthModule } from './auth/auth.module.js';
import { AUTH_ENTITIES } from './auth/auth.entities.js';
import { BusModule } from './bus/bus.module.js';
import { CHAT_ENTITIES } from './chat/chat.entities.js';
import { ChatModule } from './chat/chat.module.js';
import { CommandsModule } from './commands/commands.module.js';
import { ConsoleModule } from './console/console.module.js';
import type { Settings } from './config/settings.js';
import { SettingsModule } from './config/settings.module.js';
import { DatabaseModule } from './database/database.module.js';
import { DocsModule } from './docs/docs.module.js';
import { HttpModule } from './http/http.module.js';
import { MatchesModule } from './matches/matches.module.js';
import { ModerationModule } from './moderation/moderation.module.js';
import { OpsModule } from './ops/ops.module.js';
import { ProtocolsModule } from './protocols/protocols.module.js';
import { RealtimeModule } from './realtime/realtime.module.js';
import { User } from './users/user.entity.js';
import { UsersModule } from './users/users.module.js';

export interface AppParts {
  readonly settings: Settings;
  /** Where the database is, from `openDatabase`. */
  readonly databaseUrl: string;
  /** Modules of an extension; `docs/extending.md` shows one. */
  readonly extensions?: readonly (Type | DynamicModule)[];
}

/** The table of contents. */
@Module({})
export class AppModule {
  static forRoot({ settings, databaseUrl, extensions = [] }: AppParts): DynamicModule {
    return {
      module: AppModule,
      imports: [
        SettingsModule.forRoot(settings),
        DatabaseModule.forRoot({
          url: databaseUrl,
          pool: settings.DATABASE_POOL,
          entities: [User, ...AUTH_ENTITIES, ...CHAT_ENTITIES],
        }),
        BusModule.forRoot(settings),
        HttpModule,
        OpsModule,
        RealtimeModule,
        UsersModule,
        AuthModule,
        CommandsModule,
        ChatModule,
        MatchesModule,
        ModerationModule,
        ProtocolsModule.forRoot(settings),
        DocsModule,
        ConsoleModule.forRoot(settings),
        ...extensions,
      ],
    };
  }
}

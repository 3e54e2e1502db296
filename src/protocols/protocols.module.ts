import { type DynamicModule, Module, type Type } from '@nestjs/common';
import type { ProtocolName, Settings } from '../config/settings.js';
import { GameModule } from './game/game.module.js';
import { McpModule } from './mcp/mcp.module.js';
import { MessengerModule } from './messenger/messenger.module.js';
import { RestModule } from './rest/rest.module.js';
import { SocketIoModule } from './socketio/socketio.module.js';

const MODULES: Readonly<Record<ProtocolName, Type>> = {
  game: GameModule,
  rest: RestModule,
  mcp: McpModule,
  messenger: MessengerModule,
  socketio: SocketIoModule,
};

/** The protocols that PROTOCOLS names; what is not named is neither served nor documented. */
@Module({})
export class ProtocolsModule {
  static forRoot(settings: Settings): DynamicModule {
    return { module: ProtocolsModule, imports: settings.PROTOCOLS.map((name) => MODULES[name]) };
  }
}

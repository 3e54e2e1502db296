import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { CommandsModule } from '../../commands/commands.module.js';
import { ProtocolDocsRegistry } from '../../commands/protocol-docs.js';
import { ErrorFormats } from '../../http/error-formats.js';
import { SocketEndpoints } from '../../realtime/endpoints.js';
import { gameCodec } from './game.codec.js';
import { GameController } from './game.controller.js';
import { gameDocs } from './game.docs.js';
import { gameErrorFormat } from './game.errors.js';

/** The game's protocol: accounts over HTTP, commands over `/v1/connect`. */
@Module({ imports: [AuthModule, CommandsModule], controllers: [GameController] })
export class GameModule {
  constructor(formats: ErrorFormats, endpoints: SocketEndpoints, docs: ProtocolDocsRegistry) {
    docs.register(gameDocs);
    formats.register('game', gameErrorFormat);
    endpoints.register({ protocol: 'game', paths: ['/v1/connect'], codec: gameCodec, token: 'required' });
  }
}

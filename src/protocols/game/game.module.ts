import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { ErrorFormats } from '../../http/error-formats.js';
import { SocketEndpoints } from '../../realtime/endpoints.js';
import { gameCodec } from './game.codec.js';
import { GameController } from './game.controller.js';
import { gameErrorFormat } from './game.errors.js';

/** The game's protocol: accounts over HTTP, commands over `/v1/connect`. */
@Module({ imports: [AuthModule], controllers: [GameController] })
export class GameModule {
  constructor(formats: ErrorFormats, endpoints: SocketEndpoints) {
    formats.register('game', gameErrorFormat);
    endpoints.register({ protocol: 'game', paths: ['/v1/connect'], codec: gameCodec, token: 'required' });
  }
}

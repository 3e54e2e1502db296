import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { CommandsModule } from '../../commands/commands.module.js';
import { ProtocolDocsRegistry } from '../../commands/protocol-docs.js';
import { ErrorFormats } from '../../http/error-formats.js';
import { socketIoDocs } from './socketio.docs.js';
import { SocketIoGateway } from './socketio.gateway.js';
import { socketIoErrorFormat } from './socketio.errors.js';

/** Socket.IO at `/socket.io`. */
@Module({ imports: [AuthModule, CommandsModule], providers: [SocketIoGateway] })
export class SocketIoModule {
  constructor(formats: ErrorFormats, docs: ProtocolDocsRegistry) {
    docs.register(socketIoDocs);
    formats.register('socketio', socketIoErrorFormat);
  }
}

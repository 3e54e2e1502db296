import { Module } from '@nestjs/common';
import { CommandsModule } from '../../commands/commands.module.js';
import { ProtocolDocsRegistry } from '../../commands/protocol-docs.js';
import { ErrorFormats } from '../../http/error-formats.js';
import { SocketEndpoints } from '../../realtime/endpoints.js';
import { messengerCodec } from './messenger.codec.js';
import { messengerDocs } from './messenger.docs.js';
import { messengerErrorFormat } from './messenger.errors.js';

/** The messenger: everything over one WebSocket at the root path. */
@Module({ imports: [CommandsModule] })
export class MessengerModule {
  constructor(formats: ErrorFormats, endpoints: SocketEndpoints, docs: ProtocolDocsRegistry) {
    docs.register(messengerDocs);
    formats.register('messenger', messengerErrorFormat);
    endpoints.register({ protocol: 'messenger', paths: ['/'], codec: messengerCodec, token: 'optional' });
  }
}

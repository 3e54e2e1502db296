import { Module } from '@nestjs/common';
import { ErrorFormats } from '../../http/error-formats.js';
import { SocketEndpoints } from '../../realtime/endpoints.js';
import { messengerCodec } from './messenger.codec.js';
import { messengerErrorFormat } from './messenger.errors.js';

/** The messenger: everything over one WebSocket at the root path. */
@Module({})
export class MessengerModule {
  constructor(formats: ErrorFormats, endpoints: SocketEndpoints) {
    formats.register('messenger', messengerErrorFormat);
    endpoints.register({ protocol: 'messenger', paths: ['/'], codec: messengerCodec, token: 'optional' });
  }
}

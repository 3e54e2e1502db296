import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { coreErrorOf } from '../../errors/core-error-of.js';
import { socketIoCodec } from './socketio.codec.js';

const NOBODY = { id: '', clientId: null, userId: null };

/** Says what the guard refused in the frames of this protocol, instead of Nest's own `exception` event. */
@Catch()
export class SocketIoFaults implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const { event, data } = socketIoCodec.error(undefined, coreErrorOf(thrown), NOBODY);
    host.switchToWs().getClient<Socket>().emit(event, data);
  }
}

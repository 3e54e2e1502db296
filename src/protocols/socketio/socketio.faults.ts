import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { coreErrorOf } from '../../errors/core-error-of.js';
import { socketIoCodec } from './socketio.codec.js';

const NOBODY = { id: '', clientId: null, userId: null };

/** Says what the guard refused as this protocol says it, the acknowledgement included, instead of by Nest's own `exception` event. */
@Catch()
export class SocketIoFaults implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const ws = host.switchToWs();
    const { context } = socketIoCodec.decode({ event: ws.getPattern(), data: ws.getData<unknown>() }, NOBODY);
    const { event, data } = socketIoCodec.error(context, coreErrorOf(thrown), NOBODY);
    const ack = host.getArgs<unknown[]>().find((argument) => typeof argument === 'function');
    if (ack) (ack as (answer: unknown) => void)(data);
    else ws.getClient<Socket>().emit(event, data);
  }
}

import {
  Ack,
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import type { Server, Socket } from 'socket.io';
import { Settings } from '../../config/settings.js';
import { CoreError } from '../../errors/catalogue.js';
import { coreErrorOf } from '../../errors/core-error-of.js';
import { Public } from '../../http/access.js';
import { weightOf } from '../../validation/json.js';
import { tokenOfHandshake } from '../../http/bearer.js';
import { userAgentOf } from '../../http/request.js';
import type { Identity } from '../../identity/identity.js';
import { ClientAddress } from '../../http/client-address.js';
import { type SocketIoFrame, SocketIoTransport } from '../../realtime/adapters/socketio-transport.js';
import { CLOSE } from '../../realtime/close-reasons.js';
import { Connection, whenAnswered } from '../../realtime/connection.js';
import { FramePipeline } from '../../realtime/frame-pipeline.js';
import { Hub } from '../../realtime/hub.js';
import { TokenReader } from '../../realtime/ports.js';
import { type SocketIoEvent, socketIoCodec } from './socketio.codec.js';

interface SocketData {
  identity?: Identity;
  connection?: Connection;
}

type Acknowledge = (answer: unknown) => void;

const OWN_EVENTS = new Set(['hello', 'command', 'chat']);

/**
 * Socket.IO's default namespace. Who may connect is decided below, once; whether that still holds, with each command, by the
 * dispatcher. The application's guard would decide it, too, but before the limits on frames: events would wait for it uncounted.
 */
@WebSocketGateway()
@Public()
export class SocketIoGateway implements OnGatewayInit<Server>, OnGatewayConnection<Socket>, OnGatewayDisconnect<Socket> {
  /** Joining many times before the first is answered, a client would get as many sockets out of one connection. */
  private readonly joined = new WeakSet<object>();

  constructor(
    private readonly hub: Hub,
    private readonly pipeline: FramePipeline,
    private readonly tokens: TokenReader,
    private readonly addresses: ClientAddress,
    private readonly settings: Settings,
  ) {}

  /** Who has no good token gets `connect_error`, before any event can be sent. */
  afterInit(server: Server): void {
    server.use((socket, next) => {
      this.admit(socket).then(
        () => next(),
        (thrown: unknown) => this.keepOut(socket, coreErrorOf(thrown), next),
      );
    });
  }

  /** A stock client never tries again after `connect_error`. Where that alone would help, only its transport is closed: then it does. */
  private keepOut({ conn }: Socket, { code, message, retryAfterSec }: CoreError, next: (error: Error) => void): void {
    if (code === 'unavailable') conn.close();
    else next(Object.assign(new Error(message), { data: { code, retry_after: retryAfterSec } }));
  }

  private async admit(socket: Socket): Promise<void> {
    if (this.joined.has(socket.conn)) throw new CoreError('conflict', { detail: 'Already connected' });
    this.joined.add(socket.conn);
    try {
      const identity = await this.identify(socket);
      this.hub.checkRoom(null, identity.session.userId);
      await this.hub.listeners.arriving(identity.session.userId);
      (socket.data as SocketData).identity = identity;
    } catch (thrown) {
      this.joined.delete(socket.conn);
      throw thrown;
    }
  }

  private async identify(socket: Socket): Promise<Identity> {
    const token = tokenOfHandshake(socket.handshake);
    const identity = token ? await this.tokens.identify(token) : null;
    if (!identity) throw new CoreError('not_authenticated');
    return identity;
  }

  handleConnection(socket: Socket): void {
    const data = socket.data as SocketData;
    const origin = {
      protocol: 'socketio',
      address: this.addresses.of(socket.request),
      userAgent: userAgentOf(socket.handshake),
    };
    const transport = new SocketIoTransport(socket, {
      fault: (code) => {
        this.hub.fault(connection, code);
        transport.dismiss();
      },
      settle: (then) => whenAnswered(connection, then),
      backlog: () => this.hub.close(connection, CLOSE.slow),
      flood: () => this.hub.close(connection, CLOSE.flood),
      refuse: (event, argument, bytes) => this.refuse(socket, { event, data: argument }, bytes),
    });
    const connection: Connection = new Connection(socketIoCodec, transport, origin);
    connection.identity = data.identity ?? null;
    // The session's own: they have counted since before there was a connection.
    connection.allowance = transport.arrivals.allowance;
    connection.seat = transport.arrivals.seat;
    connection.isGuest = true;
    data.connection = connection;
    const hasRoom = this.hub.hasRoom(null, connection.userId);
    this.hub.add(connection);
    // Others were let in while this one's token was looked at.
    if (!hasRoom) return this.hub.close(connection, CLOSE.tryAgainLater);
    // An event that nobody handles is answered, too: nothing is dropped silently.
    socket.onAny((event: string, ...args: unknown[]) => {
      if (isUnheard(socket, event)) this.answer(socket, { event, data: args[0] }, args.at(-1));
    });
    const hello = socketIoCodec.hello?.(connection, this.settings.HEARTBEAT_SEC);
    if (hello) this.hub.send(connection, hello);
  }

  handleDisconnect(socket: Socket): void {
    const { connection } = socket.data as SocketData;
    this.joined.delete(socket.conn);
    if (connection) this.hub.remove(connection);
  }

  @SubscribeMessage('hello')
  hello(@ConnectedSocket() socket: Socket, @MessageBody() data: unknown, @Ack() ack: unknown): void {
    this.answer(socket, { event: 'hello', data }, ack);
  }

  @SubscribeMessage('command')
  command(@ConnectedSocket() socket: Socket, @MessageBody() data: unknown, @Ack() ack: unknown): void {
    this.answer(socket, { event: 'command', data }, ack);
  }

  @SubscribeMessage('chat')
  chat(@ConnectedSocket() socket: Socket, @MessageBody() data: unknown, @Ack() ack: unknown): void {
    this.answer(socket, { event: 'chat', data }, ack);
  }

  /** Answers an event that is over the limit. Those of an extension are worded like ours: it has no words for that. */
  private refuse(socket: Socket, event: SocketIoEvent, bytes: number): SocketIoFrame | undefined {
    const { connection } = socket.data as SocketData;
    if (!connection) return undefined;
    const isOurs = OWN_EVENTS.has(event.event) || isUnheard(socket, event.event);
    const { context } = socketIoCodec.decode(event, connection);
    if (!isOurs) return socketIoCodec.error(context, new CoreError('too_many_requests'), connection);
    return this.pipeline.receive(connection, event, bytes, 'over') as SocketIoFrame | undefined;
  }

  /** Runs an event, which was counted when it arrived, through the one pipeline; its answer is the acknowledgement, or an event where none was asked for. */
  private answer(socket: Socket, event: SocketIoEvent, ack: unknown): void {
    const { connection } = socket.data as SocketData;
    if (!connection) return;
    const reply = (frame: unknown): void => {
      if (frame === undefined) return;
      if (typeof ack === 'function') (ack as Acknowledge)((frame as SocketIoFrame).data);
      else this.hub.send(connection, frame);
    };
    // Socket.IO encodes as it sends: only then does it show that an answer cannot be.
    const replace = (thrown: unknown): void => reply(this.pipeline.unsendable(connection, event, thrown));
    const answer = this.pipeline.receive(connection, event, weightOf(event.data), 'ok');
    if (answer instanceof Promise) answer.then(reply).catch(replace);
    else attempt(() => reply(answer), replace);
  }
}

/** Whether nobody listens to an event: no handler of ours, and none of an extension. Of `error`, Socket.IO itself is a listener. */
const isUnheard = (socket: Socket, event: string): boolean => event === 'error' || socket.listenerCount(event) === 0;

function attempt(act: () => void, otherwise: (thrown: unknown) => void): void {
  try {
    act();
  } catch (thrown) {
    otherwise(thrown);
  }
}

import {
  decodeChat,
  decodeHello,
  decodeNamed,
  type FrameContext,
  type HelloContext,
  namesIn,
  sentData,
  sentFault,
  unknownFrame,
} from '../../commands/chat-frame.js';
import { commandFault, FRAME_VERSION, faultFrame, responseFrame } from '../../commands/command-frame.js';
import { nestsTooDeep } from '../../validation/json.js';
import type { SocketIoFrame } from '../../realtime/adapters/socketio-transport.js';
import type { Codec, Peer } from '../../realtime/codec.js';

/** One incoming event: its name and its first argument. */
export interface SocketIoEvent {
  readonly event: string;
  readonly data: unknown;
}

/**
 * The last event before the server disconnects. Socket.IO reserves the name `disconnect`, and its own says nothing of the
 * reason, so the notice has a name of its own.
 */
export const NOTICE_EVENT = 'disconnect_notice';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value);

/** Events `hello`, `command` and `chat` of Socket.IO's default namespace. */
export const socketIoCodec: Codec<SocketIoFrame, SocketIoEvent, FrameContext> = {
  protocol: 'socketio',
  ordered: false,
  anonymous: false,
  resumable: true,
  liveness: 'transport',
  // A client in Node.js reads both from the network at once, and resolves the promise of `emitWithAck` after the next event.
  answerLeadMs: 10,

  decode({ event, data }) {
    const argument = isObject(data) ? data : {};
    if (nestsTooDeep(data)) return unknownFrame('The argument nests too deep', argument);
    if (event === 'hello') return decodeHello(argument);
    if (event !== 'command' && event !== 'chat') return unknownFrame('Events are hello, command and chat', argument);
    if (!isObject(data)) return unknownFrame(`The argument of ${event} must be an object`, argument);
    if (event === 'chat') return decodeChat(data);
    // The event's name says what it is; `type` and `v` may be left out.
    return decodeNamed({ type: 'command', v: FRAME_VERSION, ...data });
  },

  hello: (peer, heartbeatSec) => ({ event: 'hello', data: helloOf(peer, heartbeatSec) }),

  result(context, data, peer) {
    switch (context.kind) {
      case 'command':
        return { event: 'response', data: responseFrame(context.command, data) };
      case 'hello':
        return { event: 'hello', data: helloAnswer(context, peer) };
      case 'echo':
        return { event: 'chat', data: { client_id: peer.id, message: context.message, type: 'echo', ...context.names } };
      case 'sent':
        return { event: 'response', data: { success: true, ...context.names, data: sentData(data) } };
      case 'unknown':
        throw new Error('What is no event of ours has no result');
    }
  },

  error(context, error) {
    if (context?.kind === 'command') return { event: 'response', data: faultFrame(context.command, error) };
    const fault = commandFault(context?.kind === 'sent' ? sentFault(error) : error);
    return { event: 'response', data: { success: false, ...namesIn(context), ...fault } };
  },

  badFrame: (context, detail) => ({
    event: 'error',
    data: {
      type: 'error',
      v: FRAME_VERSION,
      success: false,
      code: 'bad_frame',
      detail,
      ...namesIn(context),
    },
  }),

  event: ({ domain, event, data }) => ({ event: domain, data: { type: event, ...data } }),

  disconnect: (notice) => ({ event: NOTICE_EVENT, data: { type: 'disconnect', v: FRAME_VERSION, ...notice } }),
};

/** What was said is said back, as `rest` does; undefined is left out on the way. */
const helloAnswer = ({ message, names }: HelloContext, { id, userId }: Peer): object => ({
  type: 'hello',
  v: FRAME_VERSION,
  message,
  connection_id: id,
  user_id: userId,
  ...names,
});

const helloOf = (peer: Peer, heartbeatSec: number): object => ({
  type: 'hello',
  v: FRAME_VERSION,
  connection_id: peer.id,
  heartbeat_sec: heartbeatSec,
});

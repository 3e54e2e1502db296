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
import { commandFault, faultFrame, responseFrame } from '../../commands/command-frame.js';
import { frameObject } from '../../validation/frame-object.js';
import { printTime } from '../../identity/print-time.js';
import type { Codec, Peer } from '../../realtime/codec.js';

/** UTC, whole seconds, as the documents print it. */
const timestamp = (): string => printTime(new Date());

const errorFrame = (data: object): string => JSON.stringify({ type: 'error', data, timestamp: timestamp() });

/** JSON text frames on `/api/v1/ws/{client_id}` and `/ws/{client_id}`: by their `type`. */
export const restCodec: Codec<string, string | null, FrameContext> = {
  protocol: 'rest',
  ordered: false,
  anonymous: true,
  resumable: true,
  liveness: 'pongs',

  decode(raw) {
    const frame = raw === null ? undefined : frameObject(raw);
    if (!frame) return { kind: 'bad', detail: raw === null ? 'Binary frames are not taken' : 'Frame is not a JSON object' };
    switch (frame.type) {
      case 'chat':
        return decodeChat(frame);
      case 'hello':
        return decodeHello(frame);
      case 'command':
        return decodeNamed(frame);
      default:
        return unknownFrame('type must be one of chat, hello, command', frame);
    }
  },

  result(context, data, peer) {
    switch (context.kind) {
      case 'command':
        return JSON.stringify(responseFrame(context.command, data));
      case 'echo':
        return JSON.stringify({ client_id: peer.clientId, message: context.message, type: 'echo', ...context.names });
      case 'sent':
        return JSON.stringify({ type: 'chat.sent', data: { ...sentData(data), ...context.names }, timestamp: timestamp() });
      case 'hello':
        return hello(context, peer);
      case 'unknown':
        throw new Error('What is no frame has no result');
    }
  },

  error(context, error) {
    if (context?.kind === 'command') return JSON.stringify(faultFrame(context.command, error));
    const { code, detail } = commandFault(context?.kind === 'sent' ? sentFault(error) : error);
    return errorFrame({ code, detail, ...namesIn(context) });
  },

  badFrame: (context, detail) => errorFrame({ code: 'bad_frame', detail, ...namesIn(context) }),

  event: ({ domain, event, data }) => JSON.stringify({ type: `${domain}.${event}`, data, timestamp: timestamp() }),

  disconnect: (notice) => JSON.stringify({ type: 'disconnect', data: notice, timestamp: timestamp() }),
};

const hello = ({ message, names }: HelloContext, { clientId, userId }: Peer): string =>
  JSON.stringify({ type: 'hello', message, client_id: clientId, user_id: userId, ...names, timestamp: timestamp() });

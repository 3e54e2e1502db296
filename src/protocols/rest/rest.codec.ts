import { type ChatContext, decodeChat, decodeNamed, type NamedContext, sentData, sentFault } from '../../commands/chat-frame.js';
import { commandFault, faultFrame, responseFrame } from '../../commands/command-frame.js';
import { frameObject } from '../../validation/frame-object.js';
import { printTime } from '../../identity/print-time.js';
import type { Codec, Peer } from '../../realtime/codec.js';

/** What an answer needs to know of its request. */
export type RestContext = NamedContext | ChatContext | { readonly kind: 'hello'; readonly message: unknown };

/** UTC, whole seconds, as the documents print it. */
const timestamp = (): string => printTime(new Date());

const errorFrame = (data: object): string => JSON.stringify({ type: 'error', data, timestamp: timestamp() });

/** JSON text frames on `/api/v1/ws/{client_id}` and `/ws/{client_id}`: by their `type`. */
export const restCodec: Codec<string, string | null, RestContext> = {
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
        return {
          kind: 'command',
          domain: 'system',
          name: 'whoami',
          payload: {},
          context: { kind: 'hello', message: frame.message },
        };
      case 'command':
        return decodeNamed(frame);
      default:
        return { kind: 'bad', detail: 'type must be one of chat, hello, command' };
    }
  },

  result(context, data, peer) {
    switch (context.kind) {
      case 'command':
        return JSON.stringify(responseFrame(context.command, data));
      case 'echo':
        return JSON.stringify({ client_id: peer.clientId, message: context.message, type: 'echo' });
      case 'sent':
        return JSON.stringify({ type: 'chat.sent', data: sentData(data), timestamp: timestamp() });
      case 'hello':
        return hello(context.message, peer);
    }
  },

  error(context, error) {
    if (context?.kind === 'command') return JSON.stringify(faultFrame(context.command, error));
    const { code, detail } = commandFault(context?.kind === 'sent' ? sentFault(error) : error);
    return errorFrame({ code, detail });
  },

  badFrame: (context, detail) =>
    errorFrame({ code: 'bad_frame', detail, ...(context?.kind === 'command' ? { request_id: context.command.requestId } : {}) }),

  event: ({ domain, event, data }) => JSON.stringify({ type: `${domain}.${event}`, data, timestamp: timestamp() }),

  disconnect: (notice) => JSON.stringify({ type: 'disconnect', data: notice, timestamp: timestamp() }),
};

const hello = (message: unknown, { clientId, userId }: Peer): string =>
  JSON.stringify({ type: 'hello', message, client_id: clientId, user_id: userId, timestamp: timestamp() });

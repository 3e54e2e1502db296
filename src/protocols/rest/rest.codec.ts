import { type CommandContext, commandFault, decodeCommand, faultFrame, responseFrame } from '../../commands/command-frame.js';
import { CoreError } from '../../errors/catalogue.js';
import { frameObject } from '../../http/frame-object.js';
import type { Codec, Decoded, Peer } from '../../realtime/codec.js';
import { MISSING, NO_STRING } from '../../validation/fields.js';

/** What an answer needs to know of its request. */
export type RestContext =
  | { readonly kind: 'command'; readonly command: CommandContext }
  | { readonly kind: 'echo'; readonly message: unknown }
  | { readonly kind: 'sent' }
  | { readonly kind: 'hello'; readonly message: unknown };

/** UTC, whole seconds, as the documents print it. */
const timestamp = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

const errorFrame = (data: object): string => JSON.stringify({ type: 'error', data, timestamp: timestamp() });

function decodeChat(frame: Readonly<Record<string, unknown>>): Decoded<RestContext> {
  const { message, chat_id: chatId, client_msg_id: clientMsgId } = frame;
  if (chatId !== undefined && chatId !== null) {
    const payload = { chat_id: chatId, content: message, client_msg_id: clientMsgId };
    return { kind: 'command', domain: 'chat', name: 'send', payload, context: { kind: 'sent' } };
  }
  const context: RestContext = { kind: 'echo', message };
  if (typeof message === 'string') return { kind: 'reply', context, data: null };
  const issue = { loc: ['payload', 'message'], ...(message === undefined ? MISSING : NO_STRING) };
  return { kind: 'refused', context, error: new CoreError('invalid_input', { issues: [issue] }) };
}

function decodeCommandFrame(frame: Readonly<Record<string, unknown>>): Decoded<RestContext> {
  const decoded = decodeCommand(frame);
  if (decoded.kind === 'bad') {
    const { detail, context } = decoded;
    return context ? { kind: 'bad', detail, context: { kind: 'command', command: context } } : { kind: 'bad', detail };
  }
  return { ...decoded, context: { kind: 'command', command: decoded.context } };
}

/** JSON text frames on `/api/v1/ws/{client_id}` and `/ws/{client_id}`: by their `type`. */
export const restCodec: Codec<string, string | null, RestContext> = {
  protocol: 'rest',
  ordered: false,
  anonymous: true,
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
        return decodeCommandFrame(frame);
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
    const { code, detail } = commandFault(error);
    return errorFrame({ code, detail });
  },

  badFrame: (context, detail) =>
    errorFrame({ code: 'bad_frame', detail, ...(context?.kind === 'command' ? { request_id: context.command.requestId } : {}) }),

  event: ({ domain, event, data }) => JSON.stringify({ type: `${domain}.${event}`, data, timestamp: timestamp() }),

  disconnect: (notice) => JSON.stringify({ type: 'disconnect', data: notice, timestamp: timestamp() }),
};

const hello = (message: unknown, { clientId, userId }: Peer): string =>
  JSON.stringify({ type: 'hello', message, client_id: clientId, user_id: userId, timestamp: timestamp() });

function sentData(data: unknown): object {
  const { chat_id, seq, id } = data as Readonly<Record<string, unknown>>;
  return { chat_id, seq, id };
}

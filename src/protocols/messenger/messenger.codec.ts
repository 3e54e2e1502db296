import { CoreError } from '../../errors/catalogue.js';
import { withFieldNames } from '../../errors/wording.js';
import { type FrameName, namesOf } from '../../commands/frame-names.js';
import { frameObject } from '../../validation/frame-object.js';
import type { Codec, Decoded, ServerEvent } from '../../realtime/codec.js';
import {
  type CoreMessage,
  type CoreRequest,
  fieldNamesOf,
  messageFrame,
  modeOf,
  payloadOf,
  requestFrame,
} from './messenger.modes.js';
import { messengerFault, NO_MODE, timestamp } from './messenger.errors.js';

export interface MessengerContext {
  readonly mode: string;
  readonly requestId: unknown;
  /** Of a message. */
  readonly clientMsgId?: FrameName | undefined;
  /** Of a success. */
  readonly status: number;
}

const MAX_MODE = 64;

function frame(context: MessengerContext | undefined, status: number, rest: object): string {
  return JSON.stringify({
    mode: context?.mode ?? NO_MODE,
    timestamp: timestamp(),
    status,
    ...(context?.requestId === undefined ? {} : { request_id: context.requestId }),
    ...(context?.clientMsgId === undefined ? {} : { client_msg_id: context.clientMsgId }),
    ...rest,
  });
}

function decodeMode(input: Readonly<Record<string, unknown>>, mode: string): Decoded<MessengerContext> {
  const known = modeOf(mode);
  const clientMsgId = known && 'client_msg_id' in known.fields ? namesOf(input).client_msg_id : undefined;
  const context = { mode, requestId: input.request_id, clientMsgId, status: known?.status ?? 200 };
  const refused = (error: CoreError): Decoded<MessengerContext> => ({ kind: 'refused', context, error });
  if (!known) {
    return refused(
      new CoreError('invalid_input', { issues: [{ loc: ['payload', 'mode'], msg: 'unknown mode', type: 'value_error' }] }),
    );
  }
  const { token } = input;
  if (known.signed && token !== undefined && typeof token !== 'string') return refused(new CoreError('not_authenticated'));
  const [domain, name] = known.command;
  return {
    kind: 'command',
    domain,
    name,
    internal: true,
    payload: payloadOf(known, input),
    context,
    ...(known.signed && typeof token === 'string' ? { token } : {}),
  };
}

type InChat = Pick<CoreRequest, 'chat_id'>;

/** What comes without a request, by the core's name of the event. */
function pushOf({ event, data, isOwn }: ServerEvent): { readonly mode: string; readonly [field: string]: unknown } | undefined {
  switch (event) {
    case 'message': {
      const message = data as CoreMessage;
      // It was deleted before this connection could receive it: there is nothing to show.
      if (message.content === null) return undefined;
      return { mode: 'newMessage', chat_id: message.chat_id, message: messageFrame(message) };
    }
    case 'created':
      return { mode: 'addedToChat', chat_id: (data as InChat).chat_id };
    // Others who come and go are not shown here.
    case 'joined':
      return isOwn ? { mode: 'addedToChat', chat_id: (data as InChat).chat_id } : undefined;
    case 'left':
      return isOwn ? { mode: 'removedFromChat', chat_id: (data as InChat).chat_id } : undefined;
    case 'member_updated':
      return { mode: 'memberUpdated', ...data };
    case 'requested':
      return { mode: 'newRequest', request: requestFrame(data as CoreRequest) };
    case 'request_closed':
      return { mode: 'requestClosed', chat_id: (data as InChat).chat_id };
    default:
      return undefined;
  }
}

/** JSON text frames on `/`: every request has a `mode`, every answer the same `mode` with a `status` of RFC 9110. */
export const messengerCodec: Codec<string, string | null, MessengerContext> = {
  protocol: 'messenger',
  ordered: true,
  anonymous: true,
  resumable: false,
  liveness: 'pongs',

  decode(raw) {
    const input = raw === null ? undefined : frameObject(raw);
    if (!input) return { kind: 'bad', detail: raw === null ? 'Binary frames are not taken' : 'Frame is not a JSON object' };
    const { mode } = input;
    if (typeof mode !== 'string' || mode.length > MAX_MODE || !mode.isWellFormed()) {
      return {
        kind: 'bad',
        detail: 'mode must be a string',
        context: { mode: NO_MODE, requestId: input.request_id, status: 400 },
      };
    }
    return decodeMode(input, mode);
  },

  result: (context, data) => frame(context, context.status, modeOf(context.mode)?.answer(data) ?? {}),

  error(context, error) {
    const mode = context && modeOf(context.mode);
    const fault = messengerFault(mode ? withFieldNames(error, fieldNamesOf(mode)) : error);
    return frame(context, fault.status, { error: fault.error });
  },

  badFrame: (context, detail) => frame(context, 400, { error: detail }),

  /** These clients know messages, requests, and whether they are in a chat; edits and the like they see when they read the chat again. */
  event(event) {
    const told = event.domain === 'chat' ? pushOf(event) : undefined;
    if (!told) return undefined;
    const { mode, ...rest } = told;
    return JSON.stringify({ mode, timestamp: timestamp(), status: 200, ...rest });
  },

  disconnect: (notice) =>
    JSON.stringify({ mode: 'disconnect', timestamp: timestamp(), status: statusOf(notice.code), ...notice }),
};

/** Our close codes 44xx are HTTP's 4xx by intent; those of RFC 6455 have the nearest status. */
function statusOf(code: number): number {
  if (code >= 4400 && code < 4500) return code - 4000;
  if (code === 1009) return 413;
  return code === 1001 || code === 1013 ? 503 : 400;
}

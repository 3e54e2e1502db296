import { type CommandContext, decodeCommand, FRAME_VERSION, faultFrame, responseFrame } from '../../commands/command-frame.js';
import { frameObject } from '../../validation/frame-object.js';
import type { Codec } from '../../realtime/codec.js';

const badFrame = (context: CommandContext | undefined, detail: string): string =>
  JSON.stringify({
    type: 'error',
    v: FRAME_VERSION,
    code: 'bad_frame',
    detail,
    ...(context ? { request_id: context.requestId } : {}),
  });

/** JSON text frames on `/v1/connect`: `hello`, `command` → `response`, `event`, `error`, `disconnect`. */
export const gameCodec: Codec<string, string | null, CommandContext> = {
  protocol: 'game',
  ordered: false,
  anonymous: false,
  resumable: true,
  liveness: 'frames',

  decode(raw) {
    const frame = raw === null ? undefined : frameObject(raw);
    if (!frame) return { kind: 'bad', detail: raw === null ? 'Binary frames are not taken' : 'Frame is not a JSON object' };
    return decodeCommand(frame);
  },

  hello: (peer, heartbeatSec) =>
    JSON.stringify({ type: 'hello', v: FRAME_VERSION, connection_id: peer.id, heartbeat_sec: heartbeatSec }),

  result: (context, data) => JSON.stringify(responseFrame(context, data)),

  error(context, error) {
    return context ? JSON.stringify(faultFrame(context, error)) : badFrame(undefined, error.message);
  },

  badFrame,

  event: ({ domain, event, data }) => JSON.stringify({ type: 'event', v: FRAME_VERSION, domain, event, data }),

  disconnect: (notice) => JSON.stringify({ type: 'disconnect', v: FRAME_VERSION, ...notice }),
};

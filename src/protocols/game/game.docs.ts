import { commandRequests, disconnectFrame, VERSION } from '../../commands/command-frame.docs.js';
import { disconnectDocs, EXAMPLE_PEER, parsed, type ProtocolDocs, type ToldDocs } from '../../commands/protocol-docs.js';
import { CLOSE } from '../../realtime/close-reasons.js';
import { type EventDocs, exampleEvent } from '../../realtime/events.js';
import { gameCodec } from './game.codec.js';

const { tryAgainLater: _later, ...OWN_CLOSES } = CLOSE;
const CLOSES = Object.values(OWN_CLOSES);

const hello = (): ToldDocs => ({
  kind: 'connection',
  frame: {
    name: 'hello',
    summary: 'The first frame of every connection',
    schema: {
      type: 'object',
      properties: {
        type: { const: 'hello' },
        v: VERSION,
        connection_id: { type: 'string' },
        heartbeat_sec: {
          type: 'integer',
          description: 'Send something at least so often; silence of twice as long ends the connection',
        },
      },
      required: ['type', 'v', 'connection_id', 'heartbeat_sec'],
    },
    examples: [{ name: 'hello', summary: 'Connected', frame: parsed(gameCodec.hello?.(EXAMPLE_PEER, 30) ?? '{}') }],
  },
});

const eventOf = (docs: EventDocs): ToldDocs => {
  const { name, summary, data } = docs;
  const example = exampleEvent(docs);
  const { domain, event } = example;
  return {
    kind: 'event',
    frame: {
      name,
      summary,
      schema: {
        type: 'object',
        properties: { type: { const: 'event' }, v: VERSION, domain: { const: domain }, event: { const: event }, data },
        required: ['type', 'v', 'domain', 'event', 'data'],
      },
      examples: [{ name: 'event', summary, frame: parsed(gameCodec.event(example) ?? '{}') }],
    },
  };
};

const badFrame = (): ToldDocs => ({
  kind: 'fault',
  frame: {
    name: 'error',
    summary: 'The answer to what is no command frame. The tenth within a minute ends the connection.',
    schema: {
      type: 'object',
      properties: {
        type: { const: 'error' },
        v: VERSION,
        code: { const: 'bad_frame' },
        detail: { type: 'string', description: 'For people' },
        request_id: { type: ['string', 'integer'], description: 'That of the frame, if it had one' },
      },
      required: ['type', 'v', 'code', 'detail'],
    },
    examples: [
      {
        name: 'no-json',
        summary: 'No JSON',
        frame: parsed(gameCodec.badFrame(undefined, 'Frame is not a JSON object', EXAMPLE_PEER)),
      },
      {
        name: 'version',
        summary: 'Another version',
        frame: parsed(gameCodec.badFrame({ requestId: 'r1' }, 'v must be 1', EXAMPLE_PEER)),
      },
    ],
  },
});

const disconnect = (): ToldDocs =>
  disconnectDocs({
    closes: CLOSES,
    summary: 'The last frame of a connection: why the server closes it',
    frameOf: (notice) => parsed(gameCodec.disconnect(notice)),
    schemaOf: disconnectFrame,
  });

/** `/v1/connect` for documents. */
export const gameDocs: ProtocolDocs = {
  protocol: 'game',
  description: [
    'JSON text frames: the server speaks first (`hello`), then every `command` is answered by a `response` with its `request_id`,',
    'in any order. What happens meanwhile comes as `event`. Any frame, any WebSocket ping, and the answer to one is a sign of life.',
  ].join(' '),
  credentials: ['header', 'query'],
  refusals: [
    'not_authenticated',
    'origin_not_allowed',
    'too_many_requests',
    'method_not_allowed',
    'upgrade_required',
    'bad_handshake',
    'unavailable',
  ],
  closes: CLOSES,
  requests: ({ commands }) =>
    commandRequests(commands, { codec: gameCodec, contextOf: (requestId) => ({ requestId }), shown: parsed }),
  told: ({ events }) => [hello(), ...events.map(eventOf), badFrame(), disconnect()],
};

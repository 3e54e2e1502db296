import type { ProtocolDocs, ProtocolDocsRegistry } from '../../commands/protocol-docs.js';
import type { CommandRegistry } from '../../commands/registry.js';
import { PROTOCOL_NAMES, type Settings } from '../../config/settings.js';
import type { ErrorFormats } from '../../http/error-formats.js';
import type { SocketEndpoints } from '../../realtime/endpoints.js';
import type { EventRegistry } from '../../realtime/events.js';
import { Schemas } from '../openapi/schemas.js';
import type { AsyncApi } from './asyncapi.js';
import { channelsOf } from './channels.js';
import { documentedCore } from './core.js';
import type { DescribedProtocol } from './described.js';
import { Messages } from './messages.js';
import { introduction } from './texts.js';

/** Where everything is known from. */
export interface DocumentSources {
  readonly commands: CommandRegistry;
  readonly events: EventRegistry;
  readonly docs: ProtocolDocsRegistry;
  readonly endpoints: SocketEndpoints;
  readonly formats: ErrorFormats;
  readonly settings: Settings;
}

/**
 * The AsyncAPI document of an application: what the protocols that are served make of its commands and events.
 * @param address where clients reach it, such as `https://example.com/sub`
 */
export function buildAsyncApi(sources: DocumentSources, address: URL): AsyncApi {
  const schemas = new Schemas({});
  const messages = new Messages(schemas);
  const protocols = describedProtocols(sources);
  const parts = protocols.map((protocol) => channelsOf(protocol, messages));
  const names = protocols.map(({ docs }) => docs.protocol);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Switchboard sockets',
      version: '1.0',
      description: introduction(names, sources.settings.PROTOCOLS),
      license: { name: 'MIT' },
      tags: protocols.map(({ docs }) => ({ name: docs.protocol, description: docs.description })),
    },
    defaultContentType: 'application/json',
    servers: serversAt(address, protocols),
    channels: Object.assign({}, ...parts.map(({ channels }) => channels)) as AsyncApi['channels'],
    operations: Object.assign({}, ...parts.map(({ operations }) => operations)) as AsyncApi['operations'],
    components: { messages: messages.all(), schemas: schemas.all(), securitySchemes: SECURITY },
  };
}

/** In the order in which the settings name them; those of extensions after them. */
function describedProtocols({ commands, events, docs: all, endpoints, formats }: DocumentSources): DescribedProtocol[] {
  const core = documentedCore(commands, events);
  const order = ({ protocol }: ProtocolDocs): number => (PROTOCOL_NAMES as readonly string[]).indexOf(protocol) >>> 0;
  const sorted = [...all.all()].sort((a, b) => order(a) - order(b));
  return sorted.flatMap((docs) => {
    const place = docs.place ?? endpoints.all().find(({ protocol }) => protocol === docs.protocol);
    if (!place) return [];
    return [{ docs, place, format: formats.of(docs.protocol), requests: docs.requests(core), told: docs.told(core) }];
  });
}

function serversAt({ host, protocol, pathname }: URL, protocols: readonly DescribedProtocol[]): AsyncApi['servers'] {
  const isSecure = protocol === 'https:';
  // Paths of channels begin with a slash.
  const path = pathname === '/' ? {} : { pathname: pathname.replace(/\/+$/, '') };
  const websocket = { host, protocol: isSecure ? 'wss' : 'ws', ...path, description: 'WebSockets (RFC 6455)' };
  const socketio = {
    host,
    protocol: isSecure ? 'https' : 'http',
    ...path,
    description: 'Socket.IO 4, by WebSocket or long polling',
  };
  return {
    ...(protocols.some(({ docs }) => !docs.place) ? { websocket } : {}),
    ...(protocols.some(({ docs }) => docs.place) ? { socketio } : {}),
  };
}

const SECURITY = {
  header: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The header `Authorization: Bearer …`' },
  query: { type: 'httpApiKey', name: 'token', in: 'query', description: 'For browsers, which cannot set headers of WebSockets' },
  auth: { type: 'apiKey', in: 'password', description: '`auth.token` of a Socket.IO client' },
  field: {
    type: 'apiKey',
    in: 'password',
    description: 'The field `token` of a request, which makes the connection that user’s',
  },
} as const;

import { parsed, type RequestDocs } from '../../commands/protocol-docs.js';
import { CORE_ERRORS, CoreError, type ErrorCode, invalidInput } from '../../errors/catalogue.js';
import { type HttpErrorFormat, httpAnswer } from '../../http/error-formats.js';
import type { Channel, Operation, Reference } from './asyncapi.js';
import type { DescribedProtocol, Refusal } from './described.js';
import type { Messages } from './messages.js';
import { aboutChannel, aboutRequest } from './texts.js';

/** The channels of a protocol and what happens on them. */
export interface ChannelsAndOperations {
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<Record<string, Operation>>;
}

/**
 * One channel for each path. What can be done is told of the first, request by request; another path is the same place by another name,
 * so that all of it is one operation each way.
 */
export function channelsOf(protocol: DescribedProtocol, messages: Messages): ChannelsAndOperations {
  const { docs, place } = protocol;
  const [, ...others] = place.paths;
  const entries = place.paths.map((path, index) => [keyOf(docs.protocol, index), channelOf(protocol, path, messages)] as const);
  const aliases = others.map((path, index) => aliasOperations(protocol, keyOf(docs.protocol, index + 1), path));
  return {
    channels: Object.fromEntries(entries),
    operations: Object.assign({}, operationsOf(protocol), ...aliases) as ChannelsAndOperations['operations'],
  };
}

const keyOf = (protocol: string, index: number): string => (index === 0 ? protocol : `${protocol}.${index + 1}`);
const channelRef = (key: string): Reference => ({ $ref: `#/channels/${key}` });
const messageRef = (key: string, name: string): Reference => ({ $ref: `#/channels/${key}/messages/${name}` });

/** `/ws/:client_id` → `/ws/{client_id}` */
const addressOf = (path: string): string => path.replaceAll(/:(\w+)/g, '{$1}');

function channelOf(protocol: DescribedProtocol, path: string, messages: Messages): Channel {
  const { docs, place, requests, told } = protocol;
  const address = addressOf(path);
  const frames = [
    ...told.map(({ frame }) => frame),
    ...requests.flatMap(({ request, answer, fault }) => [request, answer, fault]),
  ];
  const names = [...address.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const refusals = docs.refusals.map((code) => refusalOf(code, protocol.format));
  const [first] = place.paths;
  return {
    address,
    title: docs.protocol,
    summary:
      first === path || first === undefined
        ? `The protocol ${docs.protocol}`
        : `The same as ${addressOf(first)}, by another name`,
    description: aboutChannel(protocol, refusals),
    servers: [{ $ref: `#/servers/${docs.place ? 'socketio' : 'websocket'}` }],
    messages: Object.fromEntries(frames.map((frame) => [frame.name, messages.add(docs.protocol, frame)])),
    ...(names.length > 0
      ? { parameters: Object.fromEntries(names.map((name) => [name, { description: docs.parameters?.[name] ?? name }])) }
      : {}),
    tags: [{ name: docs.protocol }],
    ...(docs.place ? {} : { bindings: { ws: bindingOf(protocol) } }),
    'x-close-codes': docs.closes.map(({ code, reason, reconnect, retryBetween }) => ({
      code,
      reason,
      reconnect,
      ...(retryBetween ? { retry_between_ms: retryBetween } : {}),
    })),
    'x-refusals': refusals,
  };
}

const bindingOf = ({ docs, place }: DescribedProtocol): object => ({
  method: 'GET',
  ...(docs.credentials.includes('query')
    ? {
        query: {
          type: 'object',
          properties: { token: { type: 'string', description: 'An access token, where no header can be set' } },
        },
      }
    : {}),
  ...(docs.credentials.includes('header')
    ? {
        headers: {
          type: 'object',
          properties: {
            authorization: { type: 'string', description: `\`Bearer …\`${place.token === 'required' ? '' : ', or none'}` },
          },
        },
      }
    : {}),
  bindingVersion: '0.1.0',
});

function refusalOf(error: ErrorCode, format: HttpErrorFormat): Refusal {
  const { status, body } = httpAnswer(format, thrownFor(error));
  return { error, status, body: parsed(JSON.stringify(body)) };
}

function thrownFor(code: ErrorCode): CoreError {
  if (code !== 'invalid_input') return new CoreError(code, { detail: CORE_ERRORS[code].text });
  const msg = 'string contains characters that are not allowed, or is too long';
  return invalidInput({ loc: ['path', 'client_id'], msg, type: 'value_error.str.regex' });
}

function operationsOf(protocol: DescribedProtocol): Record<string, Operation> {
  const { docs, requests, told } = protocol;
  const key = docs.protocol;
  const tags = [{ name: docs.protocol }];
  const asked = requests.map((request) => [`${key}.${request.name}`, requestOperation(protocol, request)] as const);
  const said = told.map(({ frame }) => {
    const operation: Operation = {
      action: 'send',
      channel: channelRef(key),
      title: frame.name,
      summary: frame.summary,
      tags,
      messages: [messageRef(key, frame.name)],
    };
    return [`${key}.told.${frame.name}`, operation] as const;
  });
  return Object.fromEntries([...asked, ...said]);
}

function requestOperation(protocol: DescribedProtocol, request: RequestDocs): Operation {
  const { docs } = protocol;
  const key = docs.protocol;
  return {
    action: 'receive',
    channel: channelRef(key),
    title: request.name,
    summary: request.summary,
    description: aboutRequest(request),
    ...securityOf(protocol, request.access !== 'anonymous'),
    tags: [{ name: docs.protocol }],
    messages: [messageRef(key, request.request.name)],
    reply: {
      channel: channelRef(key),
      messages: [messageRef(key, request.answer.name), messageRef(key, request.fault.name)],
    },
    'x-access': request.access,
    'x-errors': request.errors,
  };
}

function securityOf({ docs, place }: DescribedProtocol, needsAccount: boolean): Pick<Operation, 'security'> {
  if (place.token !== 'required' && !needsAccount) return {};
  return { security: docs.credentials.map((name) => ({ $ref: `#/components/securitySchemes/${name}` })) };
}

function aliasOperations(
  { docs, place, requests, told }: DescribedProtocol,
  key: string,
  path: string,
): Record<string, Operation> {
  const [first = ''] = place.paths;
  const summary = `As on ${addressOf(first)}`;
  const common = { channel: channelRef(key), summary, tags: [{ name: docs.protocol }] };
  const unique = (names: readonly string[]): Reference[] => [...new Set(names)].map((name) => messageRef(key, name));
  return {
    [`${key}.asked`]: {
      ...common,
      action: 'receive',
      title: `Every request on ${addressOf(path)}`,
      messages: unique(requests.map(({ request }) => request.name)),
      reply: {
        channel: channelRef(key),
        messages: unique(requests.flatMap(({ answer, fault }) => [answer.name, fault.name])),
      },
    },
    [`${key}.told`]: {
      ...common,
      action: 'send',
      title: `All that is told on ${addressOf(path)}`,
      messages: unique(told.map(({ frame }) => frame.name)),
    },
  };
}

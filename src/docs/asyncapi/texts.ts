import type { RequestDocs } from '../../commands/protocol-docs.js';
import { REASONS } from '../../commands/command-frame.docs.js';
import type { ErrorCode } from '../../errors/catalogue.js';
import type { DescribedProtocol, Refusal } from './described.js';

const ABOUT = `
What this server understands and says over its sockets, protocol by protocol: every frame of both directions, every command, every
event, and how connections are refused and end. The same commands and events are behind all of them; chats and matches work across
protocols. Routes over plain HTTP are in [another document](/docs).
`;

const READING = `
**Reading it.** Operations that *receive* are what a client asks, each with the replies it may get; those that *send* are what the server
tells without being asked. Frames are JSON as text, in UTF-8, of at most 256 KiB. Every example was written by the code that writes the real frames.
`;

const TOKENS = `
**Tokens** come from a log-in of any protocol, over HTTP or by the mode \`auth\` of \`messenger\`. One opens every socket.
`;

const COMMANDS_OVER_HTTP =
  'Commands that need no live connection also run by `POST /api/v1/commands/{domain}/{command}`, with the payload as the body.';

/** What stands above everything. CommonMark. */
export function introduction(protocols: readonly string[], served: readonly string[]): string {
  const list = protocols.length > 0 ? protocols.map((name) => `\`${name}\``).join(', ') : 'none';
  const overHttp = served.includes('rest') ? COMMANDS_OVER_HTTP : '';
  const uses = [
    ...(overHttp ? ['run commands in the same way'] : []),
    ...(protocols.length > 0 ? ['open any of the sockets'] : []),
  ].join(', or ');
  const mcp = served.includes('mcp')
    ? `The protocol \`mcp\` has no socket: its clients log in over HTTP${uses && `, and with their token ${uses}`}.`
    : '';
  const here = `**Protocols** with sockets here: ${list}. ${[overHttp, mcp].filter(Boolean).join(' ')}`;
  const texts = protocols.length > 0 ? [ABOUT, here, READING, TOKENS] : [ABOUT, here];
  return texts.map((text) => text.trim()).join('\n\n');
}

const TOKEN_RULES = {
  required: 'Without a good token the connection is refused.',
  optional: 'A token may be given; a bad one is refused.',
  lenient: 'A token may be given; with a bad one the connection is as anonymous as with none.',
} as const;

const PLACES = {
  header: 'the header `Authorization: Bearer …`',
  query: 'the query parameter `token`',
  auth: '`auth.token` of the client',
  field: 'the field `token` of a request, which makes the connection that user’s',
} as const;

const ACCESS = {
  anonymous: 'Needs no account.',
  user: 'Needs an account.',
  superuser: 'For superusers.',
} as const;

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** Why a connection is refused. */
const WHY_REFUSED: Partial<Record<ErrorCode, string>> = {
  origin_not_allowed: 'A page of an origin that is not allowed',
  not_authenticated: 'No token, or none that is good',
  invalid_input: 'A `client_id` that is none',
  too_large: 'A request of long polling that is too large',
  method_not_allowed: 'A handshake by another method than GET',
  upgrade_required: 'Another version of the WebSocket protocol, or a request that does not ask for a WebSocket',
  bad_handshake: 'A handshake without a proper key',
  too_many_requests: 'Too many requests, or too many connections',
  unavailable: 'The server is going down, or cannot look at it now',
};

export function aboutChannel({ docs, place }: DescribedProtocol, refusals: readonly Refusal[]): string {
  const closes = docs.closes.map(({ code, reason, reconnect, retryBetween }) => {
    const [least, most] = retryBetween ?? [0, 0];
    return row(String(code), reason, reconnect ? `yes, after ${least} to ${most} ms` : 'no');
  });
  return [
    docs.description,
    `${TOKEN_RULES[place.token]} Its places, in the order in which they count: ${docs.credentials.map((name) => PLACES[name]).join(', ')}.`,
    '**A connection is refused** with an HTTP status:',
    [row('status', 'body', 'when'), row('---', '---', '---'), ...refusals.map(refusalRow)].join('\n'),
    `**Connections end** with ${docs.place ? 'these codes in the last event' : 'a last frame, then one of these close codes'}:`,
    [row('code', 'reason', 'reconnect'), row('---', '---', '---'), ...closes].join('\n'),
  ].join('\n\n');
}

const refusalRow = ({ error, status, body }: Refusal): string =>
  row(String(status), `\`${JSON.stringify(body)}\``, WHY_REFUSED[error] ?? REASONS[error] ?? error);

/** Who may ask, what may go wrong and what it weighs; each error with the example of the fault that shows its words. */
export function aboutRequest({ access, errors, weight }: RequestDocs): string {
  const list = errors.map((code) => `\`${code}\` (${(REASONS[code] ?? code).replace(/^[A-Z]/, (first) => first.toLowerCase())})`);
  const weighs = weight === undefined ? '' : ` It weighs ${weight}.`;
  return `${ACCESS[access]} It may be refused: ${list.join(', ')}.${weighs}`;
}

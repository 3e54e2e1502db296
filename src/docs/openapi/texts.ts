import type { SocketEndpoint } from '../../realtime/endpoints.js';

const ABOUT = `
Accounts, sessions, chats and commands of this server. An account made through one protocol logs in through every other, and a
token of any of them opens every socket.
`;

const BUTTON = 'with the Authorize button, or ';

const logIn = (hasButton: boolean): string => `
**Log in** ${hasButton ? BUTTON : ''}by any of the log-ins below, and send the token as \`Authorization: Bearer …\`. Routes with a
lock need it.
`;

const ERRORS = `
**Errors** look as each protocol wants them; every operation below lists its own. Every answer carries \`X-Request-Id\`, by which
the server's log finds it again.
`;

const LIMITS = `
**Limits** count by client address: beyond them the answer is 429. That and 503, when the server cannot do its work for a moment, carry
\`Retry-After\`.
`;

export interface Served {
  /** Whether the page itself can log in. */
  readonly hasButton: boolean;
  /** OpenAPI has no words for sockets: the text says where they are. */
  readonly endpoints: readonly SocketEndpoint[];
  readonly hasSocketIo: boolean;
}

/** What stands above the operations. CommonMark. */
export function introduction({ hasButton, endpoints, hasSocketIo }: Served): string {
  const raw = endpoints.map(
    ({ protocol, paths }) => `${paths.map((path) => `\`${printed(path)}\``).join(' and ')} (${protocol})`,
  );
  const all = [...raw, ...(hasSocketIo ? ['`/socket.io/` (Socket.IO)'] : [])];
  const sockets =
    all.length === 0 ? [] : [`**Sockets** have [a document of their own](/asyncapi). They are at ${all.join(', ')}.`];
  return [ABOUT, logIn(hasButton), ERRORS, LIMITS, ...sockets].map((text) => text.trim()).join('\n\n');
}

const printed = (path: string): string => path.replaceAll(/:(\w+)/g, '{$1}');

/** What the groups are, in their order on the page. */
export const TAGS: Readonly<Record<string, string>> = {
  'rest: auth': 'Log-in, registration, refresh and recovery. The refresh token is an HttpOnly cookie.',
  'rest: users': 'Everyone their own record; superusers all of them.',
  'rest: sessions': 'Sessions of a user, whatever protocol opened them, and the ids of its WebSocket clients.',
  'rest: connections': 'Live connections on every node: everyone their own, superusers all of them.',
  'rest: audit': 'What was done to accounts, by whom and from where. For superusers.',
  'rest: figures': 'What a page draws: connections, messages, log-ins, errors. For superusers.',
  'rest: chats': 'Chats, their members and messages. What is said elsewhere arrives over the sockets.',
  'rest: contacts': 'Whom the caller has blocked, and what others see of the caller.',
  'rest: moderation': 'Reports of messages and users; superusers close them, and suspend users who do harm.',
  'rest: commands': 'Every command of the sockets, over plain HTTP.',
  'commands: system': 'What every connection needs, whatever it is used for.',
  'commands: account': "The caller's own account.",
  'commands: chat': 'Chats and their messages.',
  'commands: contacts': 'Blocks and privacy.',
  'commands: moderation': 'Reports, and what superusers do about them.',
  'commands: game': 'Matches that relay state between players.',
  game: 'Accounts for game clients. Every success is `{"success": true, "data": {…}}`.',
  mcp: 'Accounts for MCP servers: a token that lives as long as its session.',
  server: 'Health, figures, public keys and these documents.',
};

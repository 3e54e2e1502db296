import type { Protocol } from './protocols.js';

/** A frame that a protocol has beside commands, to begin with. */
export interface OwnFrame {
  readonly name: string;
  readonly text: string;
}

const frame = (name: string, fields: object): OwnFrame => ({ name, text: JSON.stringify(fields, null, 2) });
const event = (name: string, argument: object): OwnFrame => ({
  name,
  text: JSON.stringify([name.split(' ')[0], argument], null, 2),
});
const post = (path: string, body?: object): OwnFrame => ({
  name: `POST ${path}`,
  text: `POST ${path}${body ? `\n${JSON.stringify(body, null, 2)}` : ''}`,
});
const mode = (name: string, fields: object = {}): OwnFrame => frame(name, { mode: name, ...fields });

const MESSAGE = { chat_id: 1, content: 'Hello!', content_type: 'text/plain' };

/** What each protocol has beside commands. */
export const OWN_FRAMES: Readonly<Record<Protocol, readonly OwnFrame[]>> = {
  game: [frame('ping', { type: 'command', v: 1, request_id: 'raw-1', domain: 'system', command: 'ping' })],
  rest: [
    frame('hello', { type: 'hello', message: 'Hello, server!' }),
    frame('chat', { type: 'chat', message: 'Hello!' }),
    frame('chat (chat_id)', { type: 'chat', chat_id: 1, message: 'Hello!', client_msg_id: 'm1' }),
  ],
  messenger: [
    mode('auth', { username: 'alice', password: 'correct horse' }),
    mode('register', { username: 'alice', password: 'correct horse', email: 'alice@example.com' }),
    mode('recovery', { known_data: 'alice@example.com', known_data_type: 'email' }),
    mode('getChats'),
    mode('getMessages', { chat_id: 1, limit: 50 }),
    mode('createChat', { chat_type: 'personal', members: ['bob'] }),
    mode('sendMessage', MESSAGE),
    mode('sendGroupMessage', MESSAGE),
    mode('addMembers', { chat_id: 1, members: ['bob'] }),
    mode('leaveChat', { chat_id: 1 }),
    mode('getRequests'),
    mode('acceptChat', { chat_id: 1 }),
    mode('declineChat', { chat_id: 1 }),
    mode('hideChat', { chat_id: 1 }),
    mode('blockUser', { username: 'bob' }),
    mode('unblockUser', { username: 'bob' }),
    mode('getBlocked'),
    mode('reportMessage', { chat_id: 1, message_id: 1, reason: 'spam' }),
    mode('logout', { username: 'alice' }),
  ],
  socketio: [
    event('hello', { message: 'Hello, server!' }),
    event('chat', { message: 'Hello!' }),
    event('chat (chat_id)', { chat_id: 1, message: 'Hello!', client_msg_id: 'm1' }),
  ],
  mcp: [
    post('/register', { login: 'agent', password: 'correct horse' }),
    post('/auth', { login: 'agent', password: 'correct horse' }),
    post('/auth/revoke'),
  ],
};

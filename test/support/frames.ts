type Fields = Readonly<Record<string, unknown>>;

const command = (name: string, payload: unknown = {}): Fields => {
  const [domain, rest] = name.split('.');
  return { type: 'command', v: 1, request_id: 'r', domain, command: rest, payload };
};

/** Good command frames, of commands that are there and of some that are not. */
export const COMMANDS = [
  command('system.ping', { sent_at: 1 }),
  command('system.whoami'),
  command('system.commands'),
  command('system.authenticate', { token: 'x.y.z' }),
  command('system.resume', { cursors: [{ chat_id: 1, after_seq: 0 }] }),
  command('account.login', { username: 'x', password: 'correct horse battery' }),
  command('chat.send', { chat_id: 1, content: 'x' }),
  command('chat.create', { chat_type: 'group', chat_name: 'x', members: ['x'] }),
  command('chat.history', { chat_id: 1, limit: 10 }),
  command('game.send_state', { match_id: 'x', op: 1, data: {} }),
];

const mode = (name: string, rest: Fields = {}): Fields => ({ mode: name, timestamp: 1_735_689_600, request_id: 1, ...rest });

/** Good frames of `messenger`. */
export const MODES = [
  mode('auth', { username: 'somebody', password: 'correct horse battery' }),
  mode('register', { username: 'somebody', password: 'correct horse battery', email: 'somebody@example.com' }),
  mode('recovery', { username: 'x', known_data: 'x', known_data_type: 'username' }),
  mode('logout', { token: 'x.y.z', username: 'x' }),
  mode('getChats', { token: 'x.y.z' }),
  mode('getMessages', { token: 'x.y.z', chat_id: 1, limit: 10, before: 1 }),
  mode('sendMessage', { token: 'x.y.z', chat_id: 1, content: 'x', content_type: 'text/plain' }),
  mode('sendGroupMessage', { token: 'x.y.z', chat_id: 1, content: 'x', content_type: 'text' }),
  mode('createChat', { token: 'x.y.z', chat_type: 'group', chat_name: 'x', members: ['x'] }),
];

/** Good frames of `rest`. */
export const REST = [
  ...COMMANDS,
  { type: 'chat', message: 'Hello!' },
  { type: 'chat', chat_id: 1, message: 'Hello!', client_msg_id: 'x' },
  { type: 'hello', message: 'Hello!' },
  { type: 'message_type', data: {}, timestamp: '2024-02-11T00:00:00Z' },
];

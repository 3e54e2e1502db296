/** A frame of a request, or what is read of it. */
type Fields = Readonly<Record<string, unknown>>;

/** How one mode is carried out. */
export interface Mode {
  readonly command: readonly [domain: string, name: string];
  /** What fields of the frame are called in the command's payload. */
  readonly fields: Readonly<Record<string, string>>;
  /** What the mode itself says of the payload. */
  readonly fixed?: Fields;
  /** What of the command's answer is answered. */
  readonly answer: (data: unknown) => object;
  /** The request is signed: its token binds the connection. */
  readonly signed: boolean;
  readonly status?: number;
}

/** A message as the core tells of it. */
export interface CoreMessage {
  readonly id: number;
  readonly chat_id: number;
  readonly from_id: number;
  readonly from_name: string;
  readonly content: string | null;
  readonly content_type: string | null;
  readonly created_at: string;
}

/** Fields that go by the same name in the payload. */
const same = (...names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.map((name) => [name, name]));

/** What of a frame is the payload of its command. */
export const payloadOf = ({ fields, fixed }: Mode, frame: Fields): Fields => ({
  ...Object.fromEntries(Object.entries(fields).map(([name, field]) => [field, frame[name]])),
  ...fixed,
});

/** What fields of the payload are called in the frame, where they have another name there. */
export const fieldNamesOf = ({ fields }: Mode): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [field, name]));

const asItIs = (data: unknown): object => data as object;
const nothing = (): object => ({});

/** A message in this protocol's words. */
export const messageFrame = ({ id, from_id, from_name, content, content_type, created_at }: CoreMessage): object => ({
  message_id: id,
  from_id,
  from_name,
  content,
  content_type,
  content_time: Date.parse(created_at) / 1000,
});

/** A request to come into a chat, as the core has it. */
export interface CoreRequest {
  readonly chat_id: number;
  readonly chat_name: string;
  readonly chat_type: string;
  readonly from_id: number;
  readonly from_name: string;
  readonly created_at: string;
}

interface CoreBlocked {
  readonly user_id: number;
  readonly username: string;
  readonly created_at: string;
}

/** A request in this protocol's words. */
export const requestFrame = ({ chat_id, chat_name, chat_type, from_id, from_name, created_at }: CoreRequest): object => ({
  chat_id,
  chat_name,
  chat_type,
  from_id,
  from_name,
  request_time: Date.parse(created_at) / 1000,
});

const blockedFrame = ({ user_id, username, created_at }: CoreBlocked): object => ({
  user_id,
  username,
  block_time: Date.parse(created_at) / 1000,
});

const chatFrame = ({ chat_id, chat_name, chat_type }: Fields): object => ({ chat_id, chat_name, chat_type });

const post = (chatType: 'personal' | 'group'): Mode => ({
  command: ['chat', 'post'],
  fields: same('chat_id', 'content', 'content_type', 'client_msg_id'),
  fixed: { chat_type: chatType },
  answer: (data) => ({ message_id: (data as { id: number }).id }),
  signed: true,
});

/** Everything that a client can ask for. */
export const MODES = {
  auth: { command: ['account', 'login'], fields: same('username', 'password'), answer: asItIs, signed: false },
  register: { command: ['account', 'register'], fields: same('username', 'password', 'email'), answer: asItIs, signed: false },
  recovery: {
    command: ['account', 'recover'],
    fields: same('known_data', 'known_data_type'),
    answer: asItIs,
    signed: false,
    status: 202,
  },
  logout: { command: ['account', 'logout'], fields: same('username'), answer: asItIs, signed: true },
  getChats: {
    command: ['chat', 'names'],
    fields: same('limit', 'cursor'),
    answer: (data) => {
      const { chats, ...more } = data as { chats: Fields[] };
      return { chats: chats.map(chatFrame), ...more };
    },
    signed: true,
  },
  getMessages: {
    command: ['chat', 'history'],
    fields: { ...same('chat_id', 'limit'), before: 'before_seq' },
    answer: (data) => {
      const { messages, has_more } = data as { messages: CoreMessage[]; has_more: boolean };
      return { messages: messages.map(messageFrame), ...(has_more ? { has_more } : {}) };
    },
    signed: true,
  },
  sendMessage: post('personal'),
  sendGroupMessage: post('group'),
  createChat: {
    command: ['chat', 'create'],
    fields: same('chat_type', 'chat_name', 'members', 'client_chat_id'),
    answer: (data) => ({ chat_id: (data as Fields).chat_id }),
    signed: true,
  },
  addMembers: { command: ['chat', 'add_members'], fields: same('chat_id', 'members'), answer: nothing, signed: true },
  markAsRead: {
    command: ['chat', 'read'],
    fields: { ...same('chat_id'), message_id: 'seq' },
    answer: (data) => ({ message_id: (data as { read_seq: number }).read_seq }),
    signed: true,
  },
  leaveChat: { command: ['chat', 'leave'], fields: same('chat_id'), answer: nothing, signed: true },
  getRequests: {
    command: ['chat', 'requests'],
    fields: same('limit', 'cursor'),
    answer: (data) => {
      const { requests, next_cursor } = data as { requests: CoreRequest[]; next_cursor: string | null };
      return { requests: requests.map(requestFrame), next_cursor };
    },
    signed: true,
  },
  acceptChat: {
    command: ['chat', 'accept'],
    fields: same('chat_id'),
    answer: (data) => chatFrame(data as Fields),
    signed: true,
  },
  declineChat: { command: ['chat', 'decline'], fields: same('chat_id'), answer: nothing, signed: true },
  hideChat: { command: ['chat', 'hide'], fields: same('chat_id'), answer: nothing, signed: true },
  blockUser: {
    command: ['contacts', 'block'],
    fields: same('user_id', 'username'),
    answer: (data) => blockedFrame(data as CoreBlocked),
    signed: true,
  },
  unblockUser: { command: ['contacts', 'unblock'], fields: same('user_id', 'username'), answer: asItIs, signed: true },
  getBlocked: {
    command: ['contacts', 'blocked'],
    fields: same('limit', 'cursor'),
    answer: (data) => {
      const { blocked, next_cursor } = data as { blocked: CoreBlocked[]; next_cursor: string | null };
      return { blocked: blocked.map(blockedFrame), next_cursor };
    },
    signed: true,
  },
  reportMessage: {
    command: ['moderation', 'report_message'],
    fields: { ...same('chat_id', 'reason', 'comment'), message_id: 'seq' },
    answer: asItIs,
    signed: true,
  },
} satisfies Readonly<Record<string, Mode>>;

export type ModeName = keyof typeof MODES;

const isMode = (name: string): name is ModeName => Object.hasOwn(MODES, name);

/** How a mode is carried out; undefined where there is none of that name. */
export const modeOf = (name: string): Mode | undefined => (isMode(name) ? MODES[name] : undefined);

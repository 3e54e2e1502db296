/** A frame of a request, or what is read of it. */
type Fields = Readonly<Record<string, unknown>>;

/** How one mode is carried out. */
interface Mode {
  readonly command: readonly [domain: string, name: string];
  /** What of the frame is the command's payload. */
  readonly payload: (frame: Fields) => Fields;
  /** What fields of the payload are called in the frame, where they have another name there. */
  readonly fieldNames?: Readonly<Record<string, string>>;
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

const pick =
  (...names: readonly string[]) =>
  (frame: Fields): Fields =>
    Object.fromEntries(names.map((name) => [name, frame[name]]));

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

const chatFrame = ({ chat_id, chat_name, chat_type }: Fields): object => ({ chat_id, chat_name, chat_type });

const post = (chatType: 'personal' | 'group'): Mode => ({
  command: ['chat', 'post'],
  payload: (frame) => ({ ...pick('chat_id', 'content', 'content_type', 'client_msg_id')(frame), chat_type: chatType }),
  answer: (data) => ({ message_id: (data as { id: number }).id }),
  signed: true,
});

/** Everything that a client can ask for. */
const MODES: Readonly<Record<string, Mode>> = {
  auth: { command: ['account', 'login'], payload: pick('username', 'password'), answer: asItIs, signed: false },
  register: { command: ['account', 'register'], payload: pick('username', 'password', 'email'), answer: asItIs, signed: false },
  recovery: {
    command: ['account', 'recover'],
    payload: pick('known_data', 'known_data_type'),
    answer: asItIs,
    signed: false,
    status: 202,
  },
  logout: { command: ['account', 'logout'], payload: pick('username'), answer: asItIs, signed: true },
  getChats: {
    command: ['chat', 'names'],
    payload: () => ({}),
    answer: (data) => ({ chats: (data as { chats: Fields[] }).chats.map(chatFrame) }),
    signed: true,
  },
  getMessages: {
    command: ['chat', 'history'],
    payload: ({ chat_id, limit, before }) => ({ chat_id, limit, before_seq: before }),
    fieldNames: { before_seq: 'before' },
    answer: (data) => ({ messages: (data as { messages: CoreMessage[] }).messages.map(messageFrame) }),
    signed: true,
  },
  sendMessage: post('personal'),
  sendGroupMessage: post('group'),
  createChat: {
    command: ['chat', 'create'],
    payload: pick('chat_type', 'chat_name', 'members'),
    answer: (data) => ({ chat_id: (data as Fields).chat_id }),
    signed: true,
  },
  addMembers: { command: ['chat', 'add_members'], payload: pick('chat_id', 'members'), answer: nothing, signed: true },
  leaveChat: { command: ['chat', 'leave'], payload: pick('chat_id'), answer: nothing, signed: true },
};

/** How a mode is carried out; undefined where there is none of that name. */
export const modeOf = (name: string): Mode | undefined => (Object.hasOwn(MODES, name) ? MODES[name] : undefined);

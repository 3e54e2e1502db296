import type { components as commandComponents } from './commands-types.js';
import type { components as eventComponents } from './events-types.js';
import type { components } from './rest-types.js';

type Commands = commandComponents['schemas']['Commands'];

/** A command that the server has: `domain.name`. */
export type CommandName = keyof Commands;
export type CommandPayload<N extends CommandName> = Commands[N]['payload'];
export type CommandAnswer<N extends CommandName> = Commands[N]['answer'];

/** An account, as REST shows it. */
export type User = components['schemas']['User'];
/** A log-in, as its user sees it. */
export type Session = components['schemas']['Session'];
/** A chat with its members. */
export type Chat = CommandAnswer<'chat.get'>;
/** A chat in a list, with what was said in it last. */
export type ChatSummary = CommandAnswer<'chat.list'>['chats'][number];
export type Member = NonNullable<Chat['members']>[number];
/** An entry as the server sends it. A `withheld` one is of somebody whom the user blocks: it holds its place in the log, and no more. */
export type SentEntry = CommandAnswer<'chat.sync'>['messages'][number];
/** One entry of a chat's log: something said, a change of it, or of who is in the chat. */
export type LogEntry = Exclude<SentEntry, { readonly kind: 'withheld' }>;
/** An entry of a history: something said, with its changes applied. */
export type Message = CommandAnswer<'chat.history'>['messages'][number];
/** The answer to a message: it is stored. */
export type SentMessage = CommandAnswer<'chat.send'>;

/** What a command was refused with; the codes are those of the server, and `LocalCode`. */
export interface Fault {
  readonly code: string;
  readonly detail: string;
  /** Of `invalid_payload`: every fault of the payload. */
  readonly errors?: readonly Issue[];
  /** Seconds after which to try again. */
  readonly retry_after?: number;
}

export interface Issue {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

type Entries = `chat.${SentEntry['kind']}`;

/** Data of events by `domain.event`, without entries of logs. A server that was extended may send others, too. */
export type Events = Omit<eventComponents['schemas']['Events'], Entries>;

/** What happens without being asked for, beside entries of logs. */
export type ServerEvent = { readonly [N in keyof Events]: { readonly name: N; readonly data: Events[N] } }[keyof Events];

/**
 * `waiting`: not connected, and going to try again. `stopped`: sent away by the server, and not going to unless asked to; the session goes
 * on. `closed`: for good.
 */
export type State = 'connecting' | 'open' | 'waiting' | 'stopped' | 'closed';

/** A frame as it went over the wire. */
export interface WireFrame {
  readonly direction: 'in' | 'out';
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

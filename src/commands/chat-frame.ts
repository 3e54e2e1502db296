import { CoreError } from '../errors/catalogue.js';
import type { Decoded } from '../realtime/codec.js';
import { withFieldNames } from '../errors/wording.js';
import { MISSING, NO_STRING } from '../validation/fields.js';
import { type CommandContext, decodeCommand } from './command-frame.js';
import { type FrameNames, namesOf } from './frame-names.js';

/** What the answer to a chat message needs to know of it: an echo says it back, one that is sent is confirmed. */
export type ChatContext =
  | { readonly kind: 'echo'; readonly message: unknown; readonly names: FrameNames }
  | { readonly kind: 'sent'; readonly names: FrameNames };

/** What the answer to a greeting needs to know of it. */
export interface HelloContext {
  readonly kind: 'hello';
  readonly message: unknown;
  readonly names: FrameNames;
}

/** What the answer to a frame needs to know that is none of the protocol. */
export interface UnknownContext {
  readonly kind: 'unknown';
  readonly names: FrameNames;
}

/** What answers need to know in protocols that have chat messages and greetings beside commands. */
export type FrameContext = NamedContext | ChatContext | HelloContext | UnknownContext;

/** What the answer to a command needs to know of it, in protocols that have other requests as well. */
export interface NamedContext {
  readonly kind: 'command';
  readonly command: CommandContext;
}

/** Reads `{message, chat_id?, client_msg_id?}`: without a chat it is an echo. */
export function decodeChat(frame: Readonly<Record<string, unknown>>): Decoded<ChatContext> {
  const { chat_id: chatId, message, client_msg_id: clientMsgId } = frame;
  const names = namesOf(frame);
  if (chatId !== undefined && chatId !== null) {
    const payload = { chat_id: chatId, content: message, client_msg_id: clientMsgId };
    return { kind: 'command', domain: 'chat', name: 'send', payload, context: { kind: 'sent', names } };
  }
  if (typeof message === 'string') return { kind: 'reply', context: { kind: 'echo', message, names }, data: null };
  const issue = { loc: ['payload', 'message'], ...(message === undefined ? MISSING : NO_STRING) };
  return { kind: 'refused', context: { kind: 'sent', names }, error: new CoreError('invalid_input', { issues: [issue] }) };
}

/** What is wrong with a message, in the words of its frame: there its content is `message`. */
export const sentFault = (error: CoreError): CoreError => withFieldNames(error, { content: 'message' });

/** Reads a greeting: its answer says who the connection is, and what was said. */
export const decodeHello = (frame: Readonly<Record<string, unknown>>): Decoded<HelloContext> => ({
  kind: 'command',
  domain: 'system',
  name: 'whoami',
  payload: {},
  context: { kind: 'hello', message: frame.message, names: namesOf(frame) },
});

/** A frame that is none of the protocol, and why. */
export const unknownFrame = (detail: string, frame: Readonly<Record<string, unknown>>): Decoded<UnknownContext> => ({
  kind: 'bad',
  detail,
  context: { kind: 'unknown', names: namesOf(frame) },
});

/** What of the stored message its sender learns. */
export function sentData(data: unknown): object {
  const { chat_id, seq, id, created_at, duplicate } = data as Readonly<Record<string, unknown>>;
  return { chat_id, seq, id, created_at, duplicate };
}

/** The names of the frame that is answered. */
export const namesIn = (context: FrameContext | undefined): FrameNames => {
  if (!context) return {};
  return context.kind === 'command' ? { request_id: context.command.requestId } : context.names;
};

/** As {@link decodeCommand}, with a context that says that it was a command. */
export function decodeNamed(frame: Readonly<Record<string, unknown>>): Decoded<NamedContext | UnknownContext> {
  const decoded = decodeCommand(frame);
  return decoded.kind === 'bad' ? unknownFrame(decoded.detail, frame) : { ...decoded, context: named(decoded.context) };
}

const named = (command: CommandContext): NamedContext => ({ kind: 'command', command });

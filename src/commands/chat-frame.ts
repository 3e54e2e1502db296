import { CoreError } from '../errors/catalogue.js';
import type { Decoded } from '../realtime/codec.js';
import { withFieldNames } from '../errors/wording.js';
import { MISSING, NO_STRING } from '../validation/fields.js';
import { type CommandContext, decodeCommand } from './command-frame.js';

/** What the answer to a chat message needs to know of it: an echo says it back, one that is sent is confirmed. */
export type ChatContext = { readonly kind: 'echo'; readonly message: unknown } | { readonly kind: 'sent' };

/** What the answer to a command needs to know of it, in protocols that have other requests as well. */
export interface NamedContext {
  readonly kind: 'command';
  readonly command: CommandContext;
}

/** Reads `{message, chat_id?, client_msg_id?}`: without a chat it is an echo. */
export function decodeChat(frame: Readonly<Record<string, unknown>>): Decoded<ChatContext> {
  const { chat_id: chatId, message, client_msg_id: clientMsgId } = frame;
  if (chatId !== undefined && chatId !== null) {
    const payload = { chat_id: chatId, content: message, client_msg_id: clientMsgId };
    return { kind: 'command', domain: 'chat', name: 'send', payload, context: { kind: 'sent' } };
  }
  if (typeof message === 'string') return { kind: 'reply', context: { kind: 'echo', message }, data: null };
  const issue = { loc: ['payload', 'message'], ...(message === undefined ? MISSING : NO_STRING) };
  return { kind: 'refused', context: { kind: 'sent' }, error: new CoreError('invalid_input', { issues: [issue] }) };
}

/** What is wrong with a message, in the words of its frame: there its content is `message`. */
export const sentFault = (error: CoreError): CoreError => withFieldNames(error, { content: 'message' });

/** Of the stored message, what its sender is told. */
export function sentData(data: unknown): object {
  const { chat_id, seq, id } = data as Readonly<Record<string, unknown>>;
  return { chat_id, seq, id };
}

/** As {@link decodeCommand}, with a context that says that it was a command. */
export function decodeNamed(frame: Readonly<Record<string, unknown>>): Decoded<NamedContext> {
  const decoded = decodeCommand(frame);
  const { context } = decoded;
  if (decoded.kind === 'bad') {
    const { detail } = decoded;
    return context ? { kind: 'bad', detail, context: named(context) } : { kind: 'bad', detail };
  }
  return { ...decoded, context: named(decoded.context) };
}

const named = (command: CommandContext): NamedContext => ({ kind: 'command', command });

import type { Json, JsonObject, Request, WireNote } from './wire.js';

/** How `messenger` asks for a command by a mode of its own. */
interface Mode {
  readonly mode: string;
  /** Fields of the payload, by what they are called in the frame. */
  readonly fields: Readonly<Record<string, string>>;
  readonly note?: WireNote;
}

const same = (...names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.map((name) => [name, name]));

const MODES: Readonly<Record<string, Mode>> = {
  'chat.list': { mode: 'getChats', fields: {} },
  'chat.history': { mode: 'getMessages', fields: { chat_id: 'chat_id', limit: 'limit', before_seq: 'before' } },
  'chat.send': {
    mode: 'sendMessage',
    fields: same('chat_id', 'content', 'content_type', 'client_msg_id'),
    note: 'messengerGroup',
  },
  'chat.create': { mode: 'createChat', fields: same('chat_type', 'chat_name', 'members') },
  'chat.add_members': { mode: 'addMembers', fields: same('chat_id', 'members') },
  'chat.leave': { mode: 'leaveChat', fields: same('chat_id') },
  'chat.requests': { mode: 'getRequests', fields: same('limit', 'cursor') },
  'chat.accept': { mode: 'acceptChat', fields: same('chat_id') },
  'chat.decline': { mode: 'declineChat', fields: same('chat_id') },
  'chat.hide': { mode: 'hideChat', fields: same('chat_id') },
  'contacts.block': { mode: 'blockUser', fields: same('user_id', 'username') },
  'contacts.unblock': { mode: 'unblockUser', fields: same('user_id', 'username') },
  'contacts.blocked': { mode: 'getBlocked', fields: same('limit', 'cursor') },
  'moderation.report': { mode: 'reportMessage', fields: { ...same('chat_id', 'reason', 'comment'), seq: 'message_id' } },
};

/** The frame with which `messenger` asks for a command; undefined where it has none for it. */
export function messengerRequest(
  request: Request,
): { readonly frame: JsonObject; readonly notes: readonly WireNote[] } | undefined {
  const { command, payload, requestId, now } = request;
  const found = Object.hasOwn(MODES, command) ? MODES[command] : undefined;
  if (!found) return undefined;
  const entries = Object.entries(payload);
  const kept = entries.flatMap(([name, value]): [string, Json][] => {
    const field = Object.hasOwn(found.fields, name) ? found.fields[name] : undefined;
    return field === undefined ? [] : [[field, value]];
  });
  const notes: WireNote[] = [];
  if (found.note) notes.push(found.note);
  if (kept.length < entries.length) notes.push('messengerDrops');
  return { frame: { mode: found.mode, timestamp: now, request_id: requestId, ...Object.fromEntries(kept) }, notes };
}

import type { Message } from './message.js';

/** Characters of content in one message on the bus; a longer entry is only named there, and read from the log. */
const MAX_BUS_CONTENT = 128 * 1024;
const MAX_BUS_ENTRY = 32 * 1024;
/** What other nodes are told of entries: whole ones, and those that are named by chat and `seq` only. */
export interface Told {
  readonly entries: Message[];
  readonly named: [chatId: number, seq: number][];
}

/** What is to be forwarded of entries, in as many messages as it takes. */
export function* toldOf(entries: readonly Message[]): Generator<Told> {
  let told: Told = { entries: [], named: [] };
  let size = 0;
  for (const entry of entries) {
    const length = entry.content?.length ?? 0;
    if (size + length > MAX_BUS_CONTENT) {
      yield told;
      told = { entries: [], named: [] };
      size = 0;
    }
    size += length;
    if (length > MAX_BUS_ENTRY) told.named.push([entry.chat_id, entry.seq]);
    else told.entries.push(entry);
  }
  if (told.entries.length + told.named.length > 0) yield told;
}

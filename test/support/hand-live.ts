import type { Chat, ChatSummary, LogEntry, ServerEvent, State } from '../../clients/typescript/src/index.js';

/** The user who looks. */
export const SELF = 1;
const AT = '2026-01-01T00:00:00Z';

interface Asked {
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly answer: (data: unknown) => Promise<void>;
  readonly refuse: (error: Error) => Promise<void>;
}

/** A connection whose answers the test gives, one by one and when it wants to. */
export class HandLive {
  state: State = 'open';
  readonly asked: Asked[] = [];
  readonly followed: (readonly [chatId: number, afterSeq: number])[] = [];
  private readonly listeners: Record<string, Set<(...args: never[]) => void>> = {};

  on(name: string, listener: (...args: never[]) => void): () => void {
    const all = (this.listeners[name] ??= new Set());
    all.add(listener);
    return () => all.delete(listener);
  }

  tell(name: 'entry' | 'event' | 'state', what: LogEntry | ServerEvent | State): void {
    for (const listener of [...(this.listeners[name] ?? [])]) listener(what as never);
  }

  command(name: string, payload: Readonly<Record<string, unknown>>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const answer = async (data: unknown): Promise<void> => {
        resolve(data);
        await settled();
      };
      const refuse = async (error: Error): Promise<void> => {
        reject(error);
        await settled();
      };
      this.asked.push({ name, payload, answer, refuse });
    });
  }

  follow(chatId: number, afterSeq: number): void {
    this.followed.push([chatId, afterSeq]);
  }

  unfollow(): void {}

  /** The first question of that name that was not answered yet. */
  take(name: string): Asked {
    const at = this.asked.findIndex((one) => one.name === name);
    const [found] = at < 0 ? [] : this.asked.splice(at, 1);
    if (!found) throw new Error(`nobody asks ${name}, but ${this.asked.map((one) => one.name).join(', ')}`);
    return found;
  }

  names(): string[] {
    return this.asked.map(({ name }) => name);
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const summary = (chatId: number, lastSeq: number, fields: Partial<ChatSummary> = {}): ChatSummary => ({
  chat_id: chatId,
  chat_type: 'group',
  chat_name: `chat ${chatId}`,
  last_seq: lastSeq,
  read_seq: lastSeq,
  unread: 0,
  created_at: AT,
  last_activity_at: AT,
  last_message: null,
  ...fields,
});

export const chatOf = (chatId: number, lastSeq: number, fields: Partial<Chat> = {}): Chat => {
  const { last_message: _, ...chat } = summary(chatId, lastSeq);
  return { ...chat, members: [], ...fields };
};

export const entry = (chatId: number, seq: number, fields: Partial<LogEntry> = {}): LogEntry => ({
  id: seq,
  chat_id: chatId,
  seq,
  kind: 'message',
  from_id: 2,
  from_name: 'bob',
  content: `text ${seq}`,
  content_type: 'text/plain',
  created_at: AT,
  client_msg_id: null,
  ...fields,
});

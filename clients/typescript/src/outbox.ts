import { Backoff } from './backoff.js';
import { CommandError, localError } from './errors.js';
import { sleep } from './timing.js';
import type { SentMessage } from './types.js';

export interface SendOptions {
  /** Makes it safe to send again; made anew unless given. At most 128 characters. */
  readonly clientMsgId?: string;
  /** A MIME type or a short word; text/plain unless said. */
  readonly contentType?: string;
}

/** What `chat.send` takes. */
export interface Letter {
  readonly chat_id: number;
  readonly content: string;
  readonly content_type?: string;
  readonly client_msg_id: string;
}

interface Queued {
  readonly letter: Letter;
  readonly resolve: (sent: SentMessage) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_LETTERS = 1_000;
const MAX_CHARACTERS = 4 * 1024 * 1024;
/** After these it may be stored, or not: the same is sent again. */
const AGAIN = new Set(['disconnected', 'timeout', 'unavailable', 'too_many_requests', 'queue_full']);
/** Seconds. A rate limit ends sooner; a quota that is used up lasts for hours, in which no message should seem to be on its way. */
const MAX_PATIENCE = 60;

/** Messages until they are answered. Those of one chat go one after the other, so that they are stored in the order of `send`. */
export class Outbox {
  private readonly queues = new Map<number, Queued[]>();
  private letters = 0;
  private characters = 0;
  private isClosed = false;

  /** @param deliver sends `chat.send` once, when there is a connection */
  constructor(private readonly deliver: (letter: Letter) => Promise<SentMessage>) {}

  /** @throws CommandError with a code of the server that repeating cannot mend, or `closed`, `queue_full` */
  send(chatId: number, content: string, { clientMsgId = newId(), contentType }: SendOptions): Promise<SentMessage> {
    if (this.isClosed) return Promise.reject(localError('closed'));
    if (this.letters >= MAX_LETTERS || this.characters + content.length > MAX_CHARACTERS)
      return Promise.reject(localError('queue_full'));
    const type = contentType === undefined ? {} : { content_type: contentType };
    const letter: Letter = { chat_id: chatId, content, ...type, client_msg_id: clientMsgId };
    this.letters += 1;
    this.characters += content.length;
    return new Promise((resolve, reject) => {
      const queue = this.queues.get(chatId);
      const queued = { letter, resolve, reject };
      if (queue) return void queue.push(queued);
      const started = [queued];
      this.queues.set(chatId, started);
      void this.work(chatId, started);
    });
  }

  close(): void {
    this.isClosed = true;
    for (const queue of this.queues.values()) for (const { reject } of queue) reject(localError('closed'));
    this.queues.clear();
  }

  private async work(chatId: number, queue: Queued[]): Promise<void> {
    for (let [first] = queue; first && !this.isClosed; [first] = queue) {
      await this.carry(first);
      queue.shift();
      this.letters -= 1;
      this.characters -= first.letter.content.length;
    }
    this.queues.delete(chatId);
  }

  private async carry({ letter, resolve, reject }: Queued): Promise<void> {
    const backoff = new Backoff();
    while (!this.isClosed) {
      try {
        return resolve(await this.deliver(letter));
      } catch (error) {
        if (!(error instanceof CommandError) || !AGAIN.has(error.code) || isUsedUp(error)) return reject(error);
        // While there is no connection, sending waits by itself.
        if (error.code !== 'disconnected') await sleep((error.retryAfter ?? 0) * 1000 + backoff.next());
      }
    }
  }
}

const isUsedUp = ({ code, retryAfter = 0 }: CommandError): boolean => code === 'too_many_requests' && retryAfter > MAX_PATIENCE;

/** 128 random bits. `crypto.randomUUID` is not there for pages without TLS. */
function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

import type { BackoffOptions } from './backoff.js';
import { Emitter } from './emitter.js';
import { Follower } from './follower.js';
import { fieldOf } from './http.js';
import { type Ending, Link } from './link.js';
import { Outbox, type SendOptions } from './outbox.js';
import { type RequestOptions, Requests } from './requests.js';
import type { Session } from './session.js';
import type { OpenTransport, ServerFrame } from './transport.js';
import type {
  CommandAnswer,
  CommandName,
  CommandPayload,
  LogEntry,
  SentEntry,
  SentMessage,
  ServerEvent,
  State,
  User,
  WireFrame,
} from './types.js';

interface LiveEvents {
  state: [state: State];
  entry: [entry: LogEntry, how: { readonly live: boolean }];
  event: [event: ServerEvent];
  frame: [frame: WireFrame];
}

const KINDS: ReadonlySet<unknown> = new Set(['message', 'edited', 'deleted', 'joined', 'left', 'withheld']);
/** The longest that timers can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const RENEW_AGAIN_MS = 1_000;

/** A connection that comes back by itself, and misses nothing of the chats that are followed. */
export class LiveConnection {
  private readonly events = new Emitter<LiveEvents>();
  private readonly link: Link;
  private readonly requests: Requests;
  private readonly follower: Follower;
  private readonly outbox: Outbox;
  private renewal: ReturnType<typeof setTimeout> | undefined;
  private isReady = false;
  private readonly leave: (() => void)[] = [];

  /** Use `Switchboard.connect`, or `connectWith` for a transport of one's own. */
  constructor(
    private readonly session: Session,
    open: OpenTransport,
    backoff?: BackoffOptions,
  ) {
    this.requests = new Requests((frame) => this.link.send(frame));
    this.outbox = new Outbox((letter) => this.command('chat.send', letter));
    this.follower = new Follower({
      ask: (name, payload) => this.ask(name, payload, true),
      emit: (entry, live) => this.events.emit('entry', entry, { live }),
    });
    const events = {
      state: (state: State) => this.changed(state),
      opened: () => this.opened(),
      frame: (frame: ServerFrame) => this.hear(frame),
      lost: (isFaulty: boolean) => this.lost(isFaulty),
      wire: (direction: 'in' | 'out', text: () => string) => this.watch(direction, text),
      ping: (timeoutMs: number) => this.ask('system.ping', {}, true, { timeoutMs }),
    };
    this.link = new Link(session, open, events, backoff);
    this.leave.push(
      session.events.on('over', () => this.close()),
      session.events.on('token', () => this.renewed()),
    );
    this.link.start();
  }

  get state(): State {
    return this.link.state;
  }

  /** When it is going to try again, in milliseconds since the epoch; null unless it waits for that. */
  get retryAt(): number | null {
    return this.link.retryAt;
  }

  /** How the last connection ended; null while none has. */
  get ending(): Ending | null {
    return this.link.ending;
  }

  /**
   * Runs a command. While there is no connection it waits for one, within its time.
   * @throws CommandError with a code of the server, or `disconnected`, `timeout`, `closed`, `queue_full`; the reason of the signal
   */
  async command<N extends CommandName>(name: N, payload: CommandPayload<N>, options?: RequestOptions): Promise<CommandAnswer<N>> {
    const changed = isChange(name) ? Number(fieldOf(payload, 'chat_id')) : undefined;
    const settled = changed === undefined ? undefined : this.follower.changing(changed);
    try {
      const answer = await this.ask(name, payload, this.isReady, options);
      if (changed !== undefined) this.wrote(changed, name, payload, answer as Written);
      return answer;
    } finally {
      settled?.();
    }
  }

  /**
   * Says something in a chat. Is repeated until it is answered, over new connections too, and stored once; messages of one chat are
   * stored in the order of these calls.
   * @throws CommandError where repeating cannot mend it, or `closed`, or `queue_full` (1,000 messages or 4 Mi characters wait)
   */
  send(chatId: number, content: string, options: SendOptions = {}): Promise<SentMessage> {
    return this.outbox.send(chatId, content, options);
  }

  /**
   * From now on all entries of this chat after that one come in order, each once, whatever happens to the connection.
   * @throws CommandError `queue_full` beyond 10,000 chats
   */
  follow(chatId: number, afterSeq: number): void {
    this.follower.follow(chatId, afterSeq);
  }

  /** Entries of this chat come as they come, again. */
  unfollow(chatId: number): void {
    this.follower.unfollow(chatId);
  }

  /** @returns what takes the listener away again */
  on(event: 'state', listener: (state: State) => void): () => void;
  /** Entries of logs, own ones too. `live`: it has just happened, and was not fetched. */
  on(event: 'entry', listener: (entry: LogEntry, how: { readonly live: boolean }) => void): () => void;
  on(event: 'event', listener: (event: ServerEvent) => void): () => void;
  /** Everything that goes over the wire, for tools that show it. */
  on(event: 'frame', listener: (frame: WireFrame) => void): () => void;
  on<N extends keyof LiveEvents>(event: N, listener: (...args: LiveEvents[N]) => void): () => void {
    return this.events.on(event, listener);
  }

  /** While it waits, or is stopped: tries again now. Messages that wait are sent then, and what was missed is told. */
  retryNow(): void {
    this.link.retryNow();
  }

  /** Ends it for good; whatever waits is rejected with `closed`. */
  close(): void {
    this.link.close();
  }

  private ask<N extends CommandName>(
    name: N,
    payload: CommandPayload<N>,
    isOpen: boolean,
    options?: RequestOptions,
  ): Promise<CommandAnswer<N>> {
    if (this.state === 'closed') return this.requests.refuse();
    return this.requests.ask(name, payload, isOpen, options) as Promise<CommandAnswer<N>>;
  }

  private changed(state: State): void {
    if (state === 'closed') {
      for (const leave of this.leave) leave();
      clearTimeout(this.renewal);
      this.requests.close();
      this.outbox.close();
    }
    this.events.emit('state', state);
  }

  /** First of all what was missed: until then a new connection is told nothing of any log. */
  private opened(): void {
    this.follower.opened();
    this.isReady = true;
    this.requests.flush();
    this.planRenewal();
  }

  private lost(isFaulty: boolean): void {
    this.isReady = false;
    clearTimeout(this.renewal);
    this.follower.lost();
    this.requests.lost(isFaulty);
  }

  private hear(frame: ServerFrame): void {
    if (frame['type'] === 'response') return this.requests.answer(frame);
    if (frame['type'] !== 'event') return;
    const [domain, event, data] = [frame['domain'], frame['event'], frame['data']];
    if (domain === 'chat' && KINDS.has(event)) return this.follower.hear(data as SentEntry);
    if (domain === 'user' && event === 'updated') this.session.update(data as User);
    this.events.emit('event', { name: `${String(domain)}.${String(event)}`, data } as ServerEvent);
  }

  /** An own change was answered instead of told: it becomes an entry here. */
  private wrote(chatId: number, name: CommandName, payload: object, answer: Written): void {
    const seq = answer.seq ?? answer.seqs?.at(-1);
    // Nothing was changed that was not so already.
    if (seq === undefined) return;
    const { user } = this.session;
    const own = user && answer.created_at !== undefined ? ownEntry(name, payload, user) : null;
    // What another change looks like in the log only the log knows.
    if (!own || !user || answer.created_at === undefined) return this.follower.note(chatId, seq);
    const head = { id: seq, chat_id: chatId, seq, from_id: user.id, from_name: user.username, created_at: answer.created_at };
    this.follower.hear({ ...head, content: null, content_type: null, client_msg_id: null, ...own });
  }

  private watch(direction: 'in' | 'out', text: () => string): void {
    if (this.events.has('frame')) this.events.emit('frame', { direction, text: text(), at: Date.now() });
  }

  /** A connection lives as long as its token: it gets a new one in time. */
  private planRenewal(leastMs = 0): void {
    clearTimeout(this.renewal);
    if (!this.isReady) return;
    // Timers may come too early, and refreshing may fail: then once more.
    const renew = (): void =>
      void this.session
        .token()
        .catch(() => undefined)
        .then(() => this.planRenewal(RENEW_AGAIN_MS));
    this.renewal = setTimeout(renew, Math.min(Math.max(this.session.freshFor, leastMs), MAX_TIMER_MS));
  }

  private renewed(): void {
    if (!this.isReady) return;
    const { access: token } = this.session;
    // What is refused is the end of the connection, of which the server tells.
    this.ask('system.authenticate', { token }, true).catch(() => undefined);
    this.planRenewal();
  }
}

/** What answers say of the entries that a change made. */
interface Written {
  readonly seq?: number;
  readonly seqs?: readonly number[];
  readonly created_at?: string;
}

/** What is known of the entry that an own change made; null if only the log knows. */
function ownEntry(
  name: CommandName,
  payload: object,
  { id, username }: User,
): (Pick<LogEntry, 'kind'> & Partial<LogEntry>) | null {
  const { content, content_type, client_msg_id, user_id } = payload as Partial<LogEntry> & { readonly user_id?: number };
  if (name === 'chat.send') {
    return {
      kind: 'message',
      content: content ?? null,
      content_type: content_type ?? 'text/plain',
      client_msg_id: client_msg_id ?? null,
    };
  }
  // Who has left cannot read the log any more.
  const isLeaving = name === 'chat.leave' || (name === 'chat.remove_member' && user_id === id);
  return isLeaving ? { kind: 'left', member_id: id, member_name: username } : null;
}

/** Commands that append to the log of the chat that they name. */
const CHANGES = new Set([
  'chat.send',
  'chat.edit',
  'chat.delete',
  'chat.add_members',
  'chat.remove_member',
  'chat.leave',
  'chat.accept',
]);
const isChange = (name: string): boolean => CHANGES.has(name);

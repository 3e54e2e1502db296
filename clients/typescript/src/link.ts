import { Backoff, type BackoffOptions } from './backoff.js';
import { page, type Shown } from './environment.js';
import { ApiError } from './errors.js';
import { fieldOf, textOf } from './http.js';
import type { Session } from './session.js';
import type { CommandFrame, OpenTransport, ServerFrame, Transport, TransportEvents } from './transport.js';
import type { State } from './types.js';

/** Why a connection ended, in the words of the server. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
}

/** What a link tells the parts above it. */
export interface LinkEvents {
  state(state: State): void;
  /** The server has greeted: what is sent from here on arrives. */
  opened(): void;
  frame(frame: ServerFrame): void;
  /** What was sent and is not answered yet is lost. `isFaulty`: it was the fault of what was sent. */
  lost(isFaulty: boolean): void;
  wire: TransportEvents['wire'];
  /** Asks for a sign of life. @returns when there was one */
  ping(timeoutMs: number): Promise<unknown>;
}

const HANDSHAKE_MS = 10_000;
const PING_MS = 10_000;
/** A connection that held for as long was a good one: the next attempt is a first one again. */
const STABLE_MS = 1_000;
const SESSION_OVER = 4401;
const CLOSED_ON_REQUEST = 4403;
/** Codes that are answers to what was sent: it would be answered so again. */
const FAULTS = new Set([1002, 1007, 1008, 1009, 4400]);
/** Codes after which nobody should come back by themselves, for where the frame that says so was lost (docs/protocol/README.md). */
const FINAL = new Set([...FAULTS, CLOSED_ON_REQUEST, 4409]);

/** One connection after the other, for as long as there is a session. */
export class Link {
  state: State = 'connecting';
  retryAt: number | null = null;
  ending: Ending | null = null;
  private transport: Transport | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private heart: ReturnType<typeof setInterval> | undefined;
  private readonly backoff: Backoff;
  /** Which attempt is the current one: what was begun for an earlier one is void. */
  private turn = 0;
  /** Whether the server may have ended the session. */
  private inDoubt = false;
  private openedAt = 0;
  private heartbeatMs = 30_000;
  /** Frames that came, of all connections. */
  private heard = 0;
  private sentAt = 0;
  private readonly online = (): void => this.wakeUp(true);
  private readonly shown = (): void => this.wakeUp(false);
  private readonly left = (): void => this.rest();
  private readonly back = ({ persisted }: Shown): void => {
    if (persisted === true && this.state === 'waiting') void this.attempt();
  };

  constructor(
    private readonly session: Session,
    private readonly open: OpenTransport,
    private readonly events: LinkEvents,
    options: BackoffOptions = {},
  ) {
    this.backoff = new Backoff(options);
  }

  start(): void {
    page.addEventListener?.('online', this.online);
    page.addEventListener?.('pagehide', this.left);
    page.addEventListener?.('pageshow', this.back);
    page.document?.addEventListener('visibilitychange', this.shown);
    void this.attempt();
  }

  send(frame: CommandFrame): void {
    this.sentAt = Date.now();
    this.transport?.send(frame);
  }

  /** Tries again now, rather than when it was going to, or never. */
  retryNow(): void {
    if (this.state === 'waiting' || this.state === 'stopped') void this.attempt();
  }

  /** Ends it for good. */
  close(): void {
    if (this.state === 'closed') return;
    this.drop();
    page.removeEventListener?.('online', this.online);
    page.removeEventListener?.('pagehide', this.left);
    page.removeEventListener?.('pageshow', this.back);
    page.document?.removeEventListener('visibilitychange', this.shown);
    this.enter('closed');
  }

  private enter(state: State): void {
    if (this.state === state) return;
    this.state = state;
    if (state !== 'waiting') this.retryAt = null;
    this.events.state(state);
  }

  private async attempt(): Promise<void> {
    this.drop();
    const { turn } = this;
    this.enter('connecting');
    try {
      if (this.inDoubt) await this.session.verify();
      const token = await this.session.token();
      if (turn !== this.turn) return;
      if (token === null) return this.close();
      this.inDoubt = false;
      this.connect(token);
    } catch (error) {
      if (turn === this.turn)
        this.retryIn(error instanceof ApiError && error.status === 0 ? this.backoff.next() : 1_000 + this.backoff.next());
    }
  }

  private connect(token: string): void {
    const { turn } = this;
    const isMine = (): boolean => turn === this.turn;
    this.timer = setTimeout(() => this.fail(), HANDSHAKE_MS);
    this.transport = this.open(token, {
      frame: (frame) => isMine() && this.hear(frame),
      wire: this.events.wire,
      closed: (code) => isMine() && this.ended({ code, reconnect: !FINAL.has(code) }),
    });
  }

  private hear(frame: ServerFrame): void {
    this.heard += 1;
    if (frame['type'] === 'hello') return this.greeted(frame);
    if (frame['type'] === 'disconnect') return this.ended(frame);
    this.events.frame(frame);
    // Timers of pages in the background come late; frames do not.
    if (Date.now() - this.sentAt > this.heartbeatMs / 2) this.beat();
  }

  private greeted(frame: ServerFrame): void {
    if (this.state === 'open') return;
    clearTimeout(this.timer);
    this.openedAt = Date.now();
    this.sentAt = this.openedAt;
    this.heartbeatMs = Math.max(1, Number(frame['heartbeat_sec']) || 30) * 1000;
    this.heart = setInterval(() => this.beat(), this.heartbeatMs / 2);
    this.events.opened();
    this.enter('open');
  }

  /** Says something, and takes silence for the end. */
  private beat(timeoutMs = PING_MS): void {
    const { turn, heard } = this;
    this.sentAt = Date.now();
    this.events.ping(timeoutMs).catch(() => {
      if (turn === this.turn && this.heard === heard) this.fail();
    });
  }

  /** The end came without a word. */
  private fail(): void {
    this.ended({ code: 1006, reconnect: true });
  }

  private ended(notice: ServerFrame): void {
    const [code, wasOpen] = [Number(notice['code']), this.state === 'open'];
    this.ending = { code, reason: textOf(notice['reason'], '') };
    const wasStable = wasOpen && Date.now() - this.openedAt >= STABLE_MS;
    if (wasStable) this.backoff.reset();
    this.drop(FAULTS.has(code));
    if (code === SESSION_OVER) {
      // As its user wished; the answer to that may come later.
      if (this.session.isLeaving) return this.close();
      // Over is the session, or only the access token.
      this.inDoubt = true;
      return this.retryIn(wasStable ? 0 : this.backoff.next());
    }
    // A refused upgrade says nothing to a browser: it may be the session.
    if (!wasOpen) this.inDoubt = true;
    if (fieldOf(notice, 'reconnect') === false) return this.enter('stopped');
    const told = Number(notice['retry_after_ms']);
    this.retryIn(told >= 0 ? told : this.backoff.next());
  }

  private retryIn(ms: number): void {
    clearTimeout(this.timer);
    this.retryAt = Date.now() + ms;
    this.timer = setTimeout(() => void this.attempt(), ms);
    this.enter('waiting');
  }

  /** Lets go of the current connection, and of all that was begun for it. */
  private drop(isFaulty = false): void {
    this.turn += 1;
    clearTimeout(this.timer);
    clearInterval(this.heart);
    const { transport } = this;
    this.transport = null;
    if (!transport) return;
    transport.close();
    this.events.lost(isFaulty);
  }

  /**
   * The page is left. A browser may keep it as it is for some minutes, with a connection that goes on answering pings: its user would look
   * online, and what is sent to it would be lost.
   */
  private rest(): void {
    if (this.state === 'closed' || this.state === 'stopped') return;
    this.drop();
    this.retryAt = null;
    this.enter('waiting');
  }

  /** The network is back, or somebody looks at the page: this is the moment to try, or to see whether it still holds. */
  private wakeUp(isNewNetwork: boolean): void {
    if (page.document?.visibilityState === 'hidden' && !isNewNetwork) return;
    // What was begun over the network that was may never be answered.
    if (this.state === 'waiting' || (this.state === 'connecting' && isNewNetwork)) void this.attempt();
    else if (this.state === 'open') this.beat(PING_MS / 2);
  }
}

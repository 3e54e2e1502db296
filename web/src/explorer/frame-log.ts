import { BoundedList } from './bounded-list.js';
import type { FrameFacts } from './frame-facts.js';
import type { Protocol } from './protocols.js';

/** What one line of the log is: a frame that went out or came in, or something that happened to the connection. */
export interface LogLine {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly direction: 'out' | 'in' | 'note';
  readonly protocol: Protocol;
  /** As it went over the wire; a very long one is cut. */
  readonly text: string;
  /** As it went over the wire, in UTF-8. */
  readonly bytes: number;
  readonly isCut: boolean;
  readonly facts: FrameFacts;
  /** Of an answer: the request that it answers, what that was about, and how long it took. */
  readonly answerTo?: number;
  readonly answersAbout?: string;
  readonly latencyMs?: number;
}

const MAX_LINES = 2_000;
/** Characters of all lines together, and of one. */
const MAX_CHARACTERS = 16 * 1024 * 1024;
const MAX_TEXT = 512 * 1024;
/** Requests that have not been answered; older ones are taken for unanswered. */
const MAX_WAITING = 500;

/** What the page shows of the log. It is another object whenever something has changed. */
export interface LogView {
  readonly lines: readonly LogLine[];
  /** How many older ones are not kept any more. */
  readonly forgotten: number;
  readonly isPaused: boolean;
  /** How many have come since it was paused. */
  readonly unseen: number;
}

const EMPTY: LogView = { lines: [], forgotten: 0, isPaused: false, unseen: 0 };
const encoder = new TextEncoder();

/** Every frame both ways, with what belongs together. Its memory is bounded; while it is paused it goes on in the background. */
export class FrameLog {
  private readonly kept = new BoundedList<LogLine>(MAX_LINES, MAX_CHARACTERS, ({ text }) => text.length);
  private readonly waiting = new Map<string, Pick<LogLine, 'id' | 'at' | 'facts'>[]>();
  private waitingCount = 0;
  private readonly listeners = new Set<() => void>();
  private shown: LogView = EMPTY;
  private lastId = 0;
  private isScheduled = false;

  /** @param schedule runs something soon, so that a thousand frames are shown at once and not one by one */
  constructor(private readonly schedule: (work: () => void) => void) {}

  /** For `useSyncExternalStore`. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** For `useSyncExternalStore`. */
  readonly view = (): LogView => this.shown;

  /**
   * Adds a frame or a note.
   * @param line `bytes` may be left out: they are counted
   * @param at milliseconds since the epoch
   * @returns the line, whose `latencyMs` says whether it is an answer
   */
  add(line: Pick<LogLine, 'direction' | 'protocol' | 'text' | 'facts'> & Partial<Pick<LogLine, 'bytes'>>, at: number): LogLine {
    const isCut = line.text.length > MAX_TEXT;
    this.lastId += 1;
    const added: LogLine = {
      ...line,
      id: this.lastId,
      at,
      text: isCut ? line.text.slice(0, MAX_TEXT) : line.text,
      bytes: line.bytes ?? encoder.encode(line.text).length,
      isCut,
      ...this.answerOf(line, at),
    };
    if (line.direction === 'out' && line.facts.expects !== undefined) this.expect(line.facts.expects, added);
    this.kept.push(added);
    this.changed();
    return added;
  }

  /** Nothing more is answered: the connection it was asked over is gone. */
  forgetRequests(): void {
    this.waiting.clear();
    this.waitingCount = 0;
  }

  clear(): void {
    this.kept.clear();
    this.shown = { ...EMPTY, isPaused: this.shown.isPaused };
    this.tell();
  }

  /** While it is paused, what is shown stays as it is. */
  pause(isPaused: boolean): void {
    this.shown = isPaused ? { ...this.shown, isPaused, unseen: 0 } : this.current();
    this.pausedAt = this.lastId;
    this.tell();
  }

  private pausedAt = 0;

  private expect(key: string, { id, at, facts }: LogLine): void {
    if (this.waitingCount >= MAX_WAITING) this.forgetRequests();
    const queue = this.waiting.get(key) ?? [];
    queue.push({ id, at, facts });
    this.waiting.set(key, queue);
    this.waitingCount += 1;
  }

  private answerOf(
    { direction, facts }: Pick<LogLine, 'direction' | 'facts'>,
    at: number,
  ): Pick<LogLine, 'answerTo' | 'answersAbout' | 'latencyMs'> {
    if (direction !== 'in' || facts.answers === undefined) return {};
    const key = facts.answers.find((candidate) => this.waiting.has(candidate));
    const queue = key === undefined ? undefined : this.waiting.get(key);
    const request = queue?.shift();
    if (key === undefined || !request) return {};
    if (queue?.length === 0) this.waiting.delete(key);
    this.waitingCount -= 1;
    return { answerTo: request.id, answersAbout: request.facts.about, latencyMs: at - request.at };
  }

  private current(): LogView {
    return { lines: this.kept.toArray(), forgotten: this.kept.forgotten, isPaused: false, unseen: 0 };
  }

  private changed(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.schedule(() => {
      this.isScheduled = false;
      this.shown = this.shown.isPaused ? { ...this.shown, unseen: this.lastId - this.pausedAt } : this.current();
      this.tell();
    });
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

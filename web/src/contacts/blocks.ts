import type { CommandAnswer, LiveConnection, ServerEvent } from '../../../clients/typescript/src/index.js';
import { Store } from '../shared/store.js';

const PAGE = 100;
/** Pages that are loaded by themselves. Of more blocks the rest is loaded on demand. */
const MAX_PAGES = 10;

export type Blocked = CommandAnswer<'contacts.blocked'>['blocked'][number];

/** Somebody to block: by id, or by name if only that is known. */
export type Person = { readonly user_id: number } | { readonly username: string };

/** The users that its user blocks, kept up to date with other devices. */
export class Blocks extends Store {
  private readonly byId = new Map<number, Blocked>();
  private readonly stops: (() => void)[];
  private readonly onChange = new Set<() => void>();
  private loading: Promise<void> | null = null;
  private nextCursor: string | null = null;
  /** Blocks that ended while pages were on their way, which may still show them. */
  private readonly ended = new Set<number>();
  isLoaded = false;
  fault: unknown = null;

  constructor(private readonly live: LiveConnection) {
    super();
    this.stops = [
      live.on('event', (event) => this.apply(event)),
      live.on('state', (state) => {
        if (state === 'open') void this.load();
      }),
    ];
    if (live.state === 'open') void this.load();
  }

  stop(): void {
    for (const stop of this.stops) stop();
  }

  /** The newest block first. */
  all(): Blocked[] {
    return [...this.byId.values()].sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  }

  get hasMore(): boolean {
    return this.nextCursor !== null;
  }

  has(userId: number): boolean {
    return this.byId.has(userId);
  }

  /** The block of a personal chat, of which only the name may be known. */
  find(userId: number | undefined, username: string): Blocked | undefined {
    return userId === undefined ? this.all().find((blocked) => blocked.username === username) : this.byId.get(userId);
  }

  /** Calls back whenever somebody is blocked or unblocked, here or on another device: what chats show changes with it. */
  onEachChange(listener: () => void): void {
    this.onChange.add(listener);
  }

  /** @throws CommandError */
  async block(person: Person): Promise<void> {
    this.add(await this.live.command('contacts.block', person));
  }

  /** @throws CommandError */
  async unblock(userId: number): Promise<void> {
    await this.live.command('contacts.unblock', { user_id: userId });
    this.remove(userId);
  }

  load(): Promise<void> {
    this.loading ??= this.read(null, MAX_PAGES).finally(() => {
      this.loading = null;
    });
    return this.loading;
  }

  more(): Promise<void> {
    if (this.nextCursor === null) return Promise.resolve();
    this.loading ??= this.read(this.nextCursor, 1).finally(() => {
      this.loading = null;
    });
    return this.loading;
  }

  private async read(from: string | null, pages: number): Promise<void> {
    const before = new Set(this.byId.keys());
    this.ended.clear();
    try {
      const { found, next } = await this.pagesFrom(from, pages);
      // Blocks that ended while the connection was lost. One that was made meanwhile is not among those of before.
      if (from === null) for (const id of before) this.byId.delete(id);
      for (const blocked of found) if (!this.ended.has(blocked.user_id)) this.byId.set(blocked.user_id, blocked);
      const isNews = this.isLoaded && from === null && !isSame(before, this.byId);
      this.nextCursor = next;
      this.isLoaded = true;
      this.fault = null;
      if (isNews) this.notify();
    } catch (thrown) {
      this.fault = thrown;
    }
    this.changed();
  }

  private async pagesFrom(
    from: string | null,
    pages: number,
  ): Promise<{ readonly found: Blocked[]; readonly next: string | null }> {
    const found: Blocked[] = [];
    let cursor = from;
    for (let page = 0; page < pages && (page === 0 || cursor !== null); page += 1) {
      const answer = await this.live.command('contacts.blocked', { limit: PAGE, cursor });
      found.push(...answer.blocked);
      cursor = answer.next_cursor;
    }
    return { found, next: cursor };
  }

  private apply({ name, data }: ServerEvent): void {
    if (name === 'contacts.blocked') this.add(data);
    if (name === 'contacts.unblocked') this.remove(data.user_id);
  }

  private add(blocked: Blocked): void {
    this.ended.delete(blocked.user_id);
    if (this.byId.has(blocked.user_id)) return;
    this.byId.set(blocked.user_id, blocked);
    this.notify();
  }

  private remove(userId: number): void {
    this.ended.add(userId);
    if (this.byId.delete(userId)) this.notify();
  }

  private notify(): void {
    this.changed();
    for (const listener of this.onChange) listener();
  }
}

const isSame = (before: ReadonlySet<number>, after: ReadonlyMap<number, unknown>): boolean =>
  before.size === after.size && [...before].every((id) => after.has(id));

import type { LiveConnection } from '../../../clients/typescript/src/index.js';
import { perConnection } from '../session/per-connection.js';
import { Store } from '../shared/store.js';

/** How many reports wait for a decision. Only superusers may ask. */
export class OpenReports extends Store {
  private readonly stops: (() => void)[];
  /** Counts what was asked: only the answer to the last question counts. */
  private asked = 0;
  count = 0;

  constructor(private readonly live: LiveConnection) {
    super();
    this.stops = [
      live.on('event', ({ name }) => {
        if (name === 'moderation.reported' || name === 'moderation.resolved') void this.load();
      }),
      live.on('state', (state) => {
        if (state === 'open') void this.load();
      }),
    ];
    if (live.state === 'open') void this.load();
  }

  stop(): void {
    for (const stop of this.stops) stop();
  }

  async load(): Promise<void> {
    this.asked += 1;
    const question = this.asked;
    try {
      const { total_open: count } = await this.live.command('moderation.reports', { state: 'open', limit: 1 });
      if (question === this.asked) this.set(count);
    } catch {
      // The number is asked for again with the next report, or the next connection.
    }
  }

  /** What was learned with a list of reports. */
  set(count: number): void {
    if (count === this.count) return;
    this.count = count;
    this.changed();
  }
}

export const openReportsOf = perConnection((live) => new OpenReports(live));

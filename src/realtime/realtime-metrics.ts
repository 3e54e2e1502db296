import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Metrics } from '../ops/metrics.js';
import { Hub } from './hub.js';

/** The figures of the live connections, read when somebody scrapes. */
@Injectable()
export class RealtimeMetrics implements OnModuleInit {
  constructor(
    private readonly hub: Hub,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    const { hub, metrics } = this;
    metrics.watch('connections', 'Open sockets by protocol', () => this.byProtocol(), 'protocol');
    metrics.watchTotal('frames_received', 'Frames received by protocol', ['protocol'], () => labelled(hub.received));
    metrics.watchTotal('connections_closed', 'Sockets that the server closed, by close code', ['code'], () =>
      labelled(hub.closures),
    );
  }

  private byProtocol(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { codec } of this.hub.connections()) counts[codec.protocol] = (counts[codec.protocol] ?? 0) + 1;
    return counts;
  }
}

function* labelled(counts: ReadonlyMap<string, number>): Iterable<readonly [readonly string[], number]> {
  for (const [label, count] of counts) yield [[label], count];
}

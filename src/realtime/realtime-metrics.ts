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
    metrics.watch('connections', 'Open sockets by protocol', () => hub.countByProtocol(), 'protocol');
    metrics.watchTotal('frames_received', 'Frames received by protocol', ['protocol'], () => labelled(hub.received));
    metrics.watchTotal('frames_refused', 'Frames over a limit by protocol, answered or not', ['protocol'], () =>
      labelled(hub.refused),
    );
    metrics.watchTotal('connections_refused', 'Sockets refused for want of room, by the limit that they met', ['limit'], () =>
      labelled(hub.crowded),
    );
    metrics.watchTotal('connections_closed', 'Sockets that the server closed, by close code', ['code'], () =>
      labelled(hub.closures),
    );
  }
}

function* labelled(counts: ReadonlyMap<string, number>): Iterable<readonly [readonly string[], number]> {
  for (const [label, count] of counts) yield [[label], count];
}

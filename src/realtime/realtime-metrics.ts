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
    this.metrics.watch('connections', 'Open sockets by protocol', () => this.byProtocol(), 'protocol');
    this.metrics.watchTotal('frames', 'Frames received, by protocol', () => Object.fromEntries(this.hub.received), 'protocol');
    this.metrics.watchTotal(
      'connections_closed',
      'Sockets that the server closed, by close code',
      () => Object.fromEntries(this.hub.closures),
      'code',
    );
  }

  private byProtocol(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { codec } of this.hub.connections()) counts[codec.protocol] = (counts[codec.protocol] ?? 0) + 1;
    return counts;
  }
}

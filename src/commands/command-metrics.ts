import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Metrics } from '../ops/metrics.js';
import { CommandRegistry } from './registry.js';

/** The figures of the commands, read when somebody scrapes. */
@Injectable()
export class CommandMetrics implements OnModuleInit {
  constructor(
    private readonly registry: CommandRegistry,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.metrics.watchTotal(
      'commands',
      'Commands by name and outcome (ok, or the code of the error)',
      () => this.counts(),
      'command_outcome',
    );
  }

  /** `system.ping:ok` → how often */
  private counts(): Record<string, number> {
    const all = [...this.registry.all()];
    return Object.fromEntries(
      all.flatMap(({ fullName, outcomes }) => [...outcomes].map(([outcome, count]) => [`${fullName}:${outcome}`, count])),
    );
  }
}

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
    const help = 'Commands by name and outcome (ok, or the code of the error)';
    this.metrics.watchTotal('commands', help, ['command', 'outcome'], () => this.counts());
  }

  private *counts(): Iterable<readonly [readonly string[], number]> {
    for (const { fullName, outcomes } of this.registry.all()) {
      for (const [outcome, count] of outcomes) yield [[fullName, outcome], count];
    }
  }
}

import { type BeforeApplicationShutdown, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { UpgradeGate } from './adapters/upgrade-gate.js';
import { CLOSE } from './close-reasons.js';
import { FramePipeline } from './frame-pipeline.js';
import { Hub } from './hub.js';

/** Requests under way have so long to be answered before the sockets are closed. */
const DRAIN_MS = 5_000;

/** The way down for live connections: nobody new, what was asked is answered, then everybody is told to come back later. */
@Injectable()
export class LiveShutdown implements OnModuleDestroy, BeforeApplicationShutdown {
  constructor(
    private readonly gate: UpgradeGate,
    private readonly pipeline: FramePipeline,
    private readonly hub: Hub,
  ) {}

  onModuleDestroy(): void {
    this.gate.close();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.pipeline.drain(DRAIN_MS);
    this.hub.closeAll(CLOSE.goingAway);
  }
}

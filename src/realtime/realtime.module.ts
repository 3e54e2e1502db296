import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { SocketEndpoints } from './endpoints.js';
import { EventRegistry } from './events.js';
import { Hub } from './hub.js';
import { RealtimeMetrics } from './realtime-metrics.js';
import { Sweeper } from './sweeper.js';

/** Who is connected here, and the upkeep of connections. What runs frames needs the command core and is made there. */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [Hub, SocketEndpoints, EventRegistry, Sweeper, RealtimeMetrics],
  exports: [Hub, SocketEndpoints, EventRegistry],
})
export class RealtimeModule {}

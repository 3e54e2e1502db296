import { Global, Module } from '@nestjs/common';
import { ClientAddress } from './adapters/client-address.js';
import { SocketEndpoints } from './endpoints.js';
import { Hub } from './hub.js';
import { RealtimeMetrics } from './realtime-metrics.js';
import { Sweeper } from './sweeper.js';

/** Who is connected here, and the upkeep of connections. What runs frames needs the command core and is made there. */
@Global()
@Module({
  providers: [Hub, SocketEndpoints, Sweeper, ClientAddress, RealtimeMetrics],
  exports: [Hub, SocketEndpoints, ClientAddress],
})
export class RealtimeModule {}

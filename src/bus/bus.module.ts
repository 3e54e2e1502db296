import { randomUUID } from 'node:crypto';
import { type DynamicModule, Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Settings } from '../config/settings.js';
import { Bus } from './bus.js';
import { Leases } from './leases.js';
import { MemoryBus } from './memory-bus.js';
import { MemoryLeases } from './memory-leases.js';
import { NodeName } from './node-name.js';
import { NodeQuestions } from './node-questions.js';
import { connectRedis, REDIS, type SharedRedis } from './redis.js';
import { RedisBus } from './redis-bus.js';
import { RedisLeases } from './redis-leases.js';

/** Ends the connections last: other modules may still release what they hold while they shut down. */
@Injectable()
class BusLife implements OnApplicationShutdown {
  constructor(
    @Inject(REDIS) private readonly redis: SharedRedis,
    private readonly bus: Bus,
  ) {}

  onApplicationShutdown(): void {
    if (this.bus instanceof RedisBus) this.bus.close();
    this.redis?.disconnect();
  }
}

/** What nodes tell each other and what they hold in turn: over Redis where REDIS_URL is set, else within this process. */
@Module({})
export class BusModule {
  static forRoot(settings: Settings): DynamicModule {
    const url = settings.REDIS_URL;
    const nodeId = randomUUID();
    return {
      module: BusModule,
      global: true,
      providers: [
        { provide: REDIS, useFactory: (): SharedRedis => (url ? connectRedis(url, 'shared') : null) },
        {
          provide: Bus,
          useFactory: () =>
            url ? new RedisBus(connectRedis(url, 'publisher'), connectRedis(url, 'subscriber'), nodeId) : new MemoryBus(),
        },
        {
          provide: Leases,
          useFactory: (redis: SharedRedis) => (redis ? new RedisLeases(redis, nodeId) : new MemoryLeases()),
          inject: [REDIS],
        },
        { provide: NodeName, useValue: new NodeName(nodeId) },
        NodeQuestions,
        BusLife,
      ],
      exports: [REDIS, Bus, Leases, NodeName, NodeQuestions],
    };
  }
}

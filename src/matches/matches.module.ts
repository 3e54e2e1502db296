import { Module } from '@nestjs/common';
import { REDIS, type SharedRedis } from '../bus/redis.js';
import { Emits } from '../realtime/events.js';
import { MatchCommands } from './match.commands.js';
import { MATCH_EVENTS } from './match.events.js';
import { MatchStore } from './match-store.js';
import { MatchesService } from './matches.service.js';
import { MemoryMatchStore } from './memory-match-store.js';
import { RedisMatchStore } from './redis-match-store.js';

/** The `game` domain, and the worked example of an extension: nothing else knows of this folder (docs/extending.md). */
@Emits(...MATCH_EVENTS)
@Module({
  providers: [
    {
      provide: MatchStore,
      useFactory: (redis: SharedRedis) => (redis ? new RedisMatchStore(redis) : new MemoryMatchStore()),
      inject: [REDIS],
    },
    MatchesService,
    MatchCommands,
  ],
})
export class MatchesModule {}

import { Module } from '@nestjs/common';
import { REDIS, type SharedRedis } from '../bus/redis.js';
import { Settings } from '../config/settings.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { Emits } from '../realtime/events.js';
import { MatchCommands } from './match.commands.js';
import { MATCH_EVENTS } from './match.events.js';
import { MatchQuotas } from './match-quotas.js';
import { MatchStore } from './match-store.js';
import { MatchesService } from './matches.service.js';
import { MemoryMatchStore } from './memory-match-store.js';
import { RedisMatchStore } from './redis-match-store.js';

/** The `game` domain, and the worked example of an extension: nothing else knows of this folder (docs/extending.md). */
@Emits(...MATCH_EVENTS)
@Module({
  imports: [QuotasModule],
  providers: [
    {
      provide: MatchStore,
      useFactory: (redis: SharedRedis, settings: Settings): MatchStore => {
        const limits = { perUser: settings.QUOTA_MATCHES_PER_USER, perAddress: settings.QUOTA_MATCHES_PER_ADDRESS };
        return redis ? new RedisMatchStore(redis, limits) : new MemoryMatchStore(limits);
      },
      inject: [REDIS, Settings],
    },
    MatchQuotas,
    MatchesService,
    MatchCommands,
  ],
})
export class MatchesModule {}

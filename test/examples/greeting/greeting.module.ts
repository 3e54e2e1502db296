import { Module } from '@nestjs/common';
import { REDIS, type SharedRedis } from '../../../src/bus/redis.js';
import { GreetingCommands } from './greeting.commands.js';
import { GreetingController } from './greeting.controller.js';
import { GuestList, MemoryGuestList } from './guest-list.js';
import { PartyCommands } from './party.commands.js';
import { RedisGuestList } from './redis-guest-list.js';

@Module({
  controllers: [GreetingController],
  providers: [
    {
      provide: GuestList,
      useFactory: (redis: SharedRedis) => (redis ? new RedisGuestList(redis) : new MemoryGuestList()),
      inject: [REDIS],
    },
    GreetingCommands,
    PartyCommands,
  ],
})
export class GreetingModule {}

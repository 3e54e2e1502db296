import { Injectable } from '@nestjs/common';
import { Quotas } from '../quotas/quotas.js';
import { USAGE_EXAMPLE, USAGE_SCHEMA, type Usage } from '../quotas/usage-schema.js';
import type { Caller } from '../realtime/connection.js';
import { sessionOf } from './caller.js';
import { Command } from './command.js';

/** How far the caller's quotas are used. */
@Injectable()
export class UsageCommands {
  constructor(private readonly quotas: Quotas) {}

  @Command('account.usage', {
    summary: "Shows how far the caller's quotas are used.",
    answer: USAGE_SCHEMA,
    example: { payload: {}, answer: USAGE_EXAMPLE },
  })
  async usage(_payload: object, caller: Caller): Promise<Usage> {
    return { quotas: await this.quotas.usage(sessionOf(caller).userId) };
  }
}

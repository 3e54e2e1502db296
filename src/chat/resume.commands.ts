import { Injectable } from '@nestjs/common';
import { sessionOf } from '../commands/caller.js';
import { Command } from '../commands/command.js';
import { CommandCosts } from '../commands/command-costs.js';
import { CoreError, type Issue, invalidInput } from '../errors/catalogue.js';
import type { Caller } from '../realtime/connection.js';
import { RESUMED_SCHEMA } from './message.schemas.js';
import { type CursorPayload, ResumePayload } from './message.payloads.js';
import { MAX_REPLAYED, type Resumed, Replays } from './replays.js';
import { RESUME_WEIGHT, replayed } from './weights.js';

/** Going on where another connection was cut. */
@Injectable()
export class ResumeCommands {
  constructor(
    private readonly replays: Replays,
    private readonly costs: CommandCosts,
  ) {}

  @Command('system.resume', {
    summary: 'Sends a new connection what its client missed, chat by chat, before anything new.',
    payload: ResumePayload,
    answer: RESUMED_SCHEMA,
    example: {
      payload: { cursors: [{ chat_id: 7, after_seq: 41 }] },
      answer: { chats: [{ chat_id: 7, recovered: true, last_seq: 42, has_more: false }] },
    },
    liveOnly: true,
    errors: ['conflict'],
    weight: RESUME_WEIGHT,
  })
  async resume({ cursors }: ResumePayload, caller: Caller): Promise<{ chats: Resumed[] }> {
    const { userId } = sessionOf(caller);
    const { connection } = caller;
    if (!connection) throw new CoreError('not_authenticated');
    const issues = twiceIn(cursors);
    if (issues.length > 0) throw invalidInput(...issues);
    const wanted = cursors.map(({ chat_id, after_seq }) => ({ chatId: chat_id, afterSeq: after_seq }));
    const chats = await this.replays.resume(connection, userId, wanted);
    this.costs.settle(caller, replayed(missedIn(cursors, chats)));
    return { chats };
  }
}

/** How many entries were read to catch up: what lies between each cursor and where its chat goes on, as far as it is replayed. */
function missedIn(cursors: readonly CursorPayload[], resumed: readonly Resumed[]): number {
  return resumed.reduce((sum, { recovered, last_seq }, i) => {
    const missed = recovered && last_seq !== null ? last_seq - (cursors[i]?.after_seq ?? last_seq) : 0;
    return sum + Math.min(MAX_REPLAYED, Math.max(0, missed));
  }, 0);
}

function twiceIn(cursors: readonly CursorPayload[]): Issue[] {
  const seen = new Set<number>();
  return cursors.flatMap(({ chat_id }, i) => {
    if (!seen.has(chat_id)) {
      seen.add(chat_id);
      return [];
    }
    return [
      { loc: ['payload', 'cursors', i, 'chat_id'], msg: 'there is another cursor of this chat', type: 'value_error.duplicate' },
    ];
  });
}

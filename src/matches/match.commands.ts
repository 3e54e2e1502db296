import { Injectable } from '@nestjs/common';
import { sessionOf } from '../commands/caller.js';
import { Command } from '../commands/command.js';
import { CoreError, invalidInput } from '../errors/catalogue.js';
import type { Caller, Connection } from '../realtime/connection.js';
import type { JsonSchema } from '../validation/fields.js';
import { CreateMatchPayload, ListMatchesPayload, MatchPayload, StatePayload } from './match.payloads.js';
import type { Match, Player } from './match-store.js';
import { MatchesService } from './matches.service.js';

/** Bytes of a state, as JSON. */
const MAX_STATE = 16 * 1024;

const MATCH: JsonSchema = {
  title: 'Match',
  type: 'object',
  properties: {
    match_id: { type: 'string' },
    name: { type: 'string' },
    max_players: { type: 'integer' },
    players: {
      type: 'array',
      items: { type: 'object', properties: { user_id: { type: 'integer' }, username: { type: 'string' } } },
    },
  },
  required: ['match_id', 'name', 'max_players', 'players'],
};

const EXAMPLE = {
  match_id: 'q1w2e3r4t5y6',
  name: 'Friday night',
  max_players: 4,
  players: [{ user_id: 1, username: 'alice' }],
};

function playerOf(caller: Caller): Player {
  const { userId, username } = sessionOf(caller);
  return { user_id: userId, username };
}

/** The dispatcher lets nobody through to a `liveOnly` command without one. */
function connectionOf({ connection }: Caller): Connection {
  if (!connection) throw new CoreError('conflict');
  return connection;
}

/** The `game` domain: matches that relay state between players. Nothing of it is stored. */
@Injectable()
export class MatchCommands {
  constructor(private readonly matches: MatchesService) {}

  @Command('game.create_match', {
    summary: 'Makes a match, whose first player the caller is.',
    payload: CreateMatchPayload,
    answer: MATCH,
    example: { payload: { name: 'Friday night', max_players: 4 }, answer: EXAMPLE },
    liveOnly: true,
  })
  create({ name, max_players }: CreateMatchPayload, caller: Caller): Promise<Match> {
    const player = playerOf(caller);
    return this.matches.create(connectionOf(caller), player, name ?? player.username, max_players);
  }

  @Command('game.list_matches', {
    summary: 'Lists the newest matches.',
    payload: ListMatchesPayload,
    answer: { type: 'object', properties: { matches: { type: 'array', items: MATCH } }, required: ['matches'] },
    example: { payload: {}, answer: { matches: [EXAMPLE] } },
  })
  async list({ limit }: ListMatchesPayload): Promise<{ matches: Match[] }> {
    return { matches: await this.matches.list(limit ?? 50) };
  }

  @Command('game.join_match', {
    summary: 'Joins a match; the others hear `game.joined`.',
    payload: MatchPayload,
    answer: MATCH,
    example: { payload: { match_id: 'q1w2e3r4t5y6' }, answer: EXAMPLE },
    errors: ['not_found', 'conflict'],
    liveOnly: true,
  })
  join({ match_id }: MatchPayload, caller: Caller): Promise<Match> {
    return this.matches.join(connectionOf(caller), playerOf(caller), match_id);
  }

  @Command('game.send_state', {
    summary: 'Relays a state to the other players, or to one of them, who hear `game.state`.',
    payload: StatePayload,
    answer: { type: 'object' },
    example: { payload: { match_id: 'q1w2e3r4t5y6', op: 'move', data: { x: 3, y: 4 } }, answer: {} },
    errors: ['not_found'],
    liveOnly: true,
  })
  state({ match_id, op, data = null, to }: StatePayload, caller: Caller): object {
    if (Buffer.byteLength(JSON.stringify(data)) > MAX_STATE) {
      throw invalidInput({
        loc: ['payload', 'data'],
        msg: `ensure this value has at most ${MAX_STATE} bytes`,
        type: 'value_error.size',
      });
    }
    this.matches.relay(connectionOf(caller), match_id, op, data, to ?? null);
    return {};
  }

  @Command('game.leave_match', {
    summary: 'Leaves a match; the others hear `game.left`. A connection that closes leaves by itself.',
    payload: MatchPayload,
    answer: { type: 'object' },
    example: { payload: { match_id: 'q1w2e3r4t5y6' }, answer: {} },
    errors: ['not_found'],
    liveOnly: true,
  })
  async leave({ match_id }: MatchPayload, caller: Caller): Promise<object> {
    await this.matches.leave(connectionOf(caller), match_id);
    return {};
  }
}

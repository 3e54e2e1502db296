import { Injectable } from '@nestjs/common';
import { sessionOf } from '../commands/caller.js';
import { Command } from '../commands/command.js';
import { CoreError } from '../errors/catalogue.js';
import type { Caller, Connection } from '../realtime/connection.js';
import type { JsonSchema } from '../validation/fields.js';
import { CreateMatchPayload, ListMatchesPayload, MatchPayload, recipientsOf, StatePayload, stateOf } from './match.payloads.js';
import type { Match, MatchPage, Player } from './match-store.js';
import { MatchesService } from './matches.service.js';

const MATCH: JsonSchema = {
  title: 'Match',
  type: 'object',
  properties: {
    match_id: { type: 'string' },
    name: { type: 'string' },
    max_players: { type: 'integer' },
    players: {
      type: 'array',
      description: 'In the order in which they came',
      items: {
        type: 'object',
        properties: { user_id: { type: 'integer' }, username: { type: 'string' } },
        required: ['user_id', 'username'],
      },
    },
  },
  required: ['match_id', 'name', 'max_players', 'players'],
};

const PAGE: JsonSchema = {
  type: 'object',
  properties: {
    matches: { type: 'array', items: MATCH },
    next_cursor: { type: ['string', 'null'], description: 'For the next page; null after the last' },
  },
  required: ['matches', 'next_cursor'],
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
    summary: 'Makes a match, with the caller as its first player.',
    payload: CreateMatchPayload,
    answer: MATCH,
    example: { payload: { name: 'Friday night', max_players: 4 }, answer: EXAMPLE },
    errors: ['too_many_requests', 'unavailable'],
    liveOnly: true,
    lane: 'none',
  })
  create({ name, max_players }: CreateMatchPayload, caller: Caller): Promise<Match> {
    const player = playerOf(caller);
    return this.matches.create(connectionOf(caller), player, name ?? player.username, max_players);
  }

  @Command('game.list_matches', {
    summary: 'Lists matches, the newest first.',
    payload: ListMatchesPayload,
    answer: PAGE,
    example: { payload: {}, answer: { matches: [EXAMPLE], next_cursor: null } },
    errors: ['unavailable'],
    lane: 'none',
  })
  list({ limit, cursor }: ListMatchesPayload): Promise<MatchPage> {
    return this.matches.list(limit ?? 50, cursor ?? null);
  }

  @Command('game.join_match', {
    summary: 'Joins a match; the others receive `game.joined`.',
    payload: MatchPayload,
    answer: MATCH,
    example: { payload: { match_id: 'q1w2e3r4t5y6' }, answer: EXAMPLE },
    errors: ['not_found', 'conflict', 'too_many_requests', 'unavailable'],
    liveOnly: true,
    lane: 'none',
  })
  join({ match_id }: MatchPayload, caller: Caller): Promise<Match> {
    return this.matches.join(connectionOf(caller), playerOf(caller), match_id);
  }

  @Command('game.send_state', {
    summary: 'Relays a state to the other players, or to some of them, as the event `game.state`.',
    payload: StatePayload,
    answer: { type: 'object' },
    example: { payload: { match_id: 'q1w2e3r4t5y6', op: 'move', data: { x: 3, y: 4 } }, answer: {} },
    errors: ['not_found'],
    liveOnly: true,
    lane: 'none',
  })
  state(payload: StatePayload, caller: Caller): object {
    this.matches.relay(connectionOf(caller), payload.match_id, payload.op, stateOf(payload), recipientsOf(payload));
    return {};
  }

  @Command('game.leave_match', {
    summary: 'Leaves a match; the others receive `game.left`. The seat of a connection that closes is kept for 10 s.',
    payload: MatchPayload,
    answer: { type: 'object' },
    example: { payload: { match_id: 'q1w2e3r4t5y6' }, answer: {} },
    errors: ['not_found', 'unavailable'],
    liveOnly: true,
    lane: 'none',
  })
  async leave({ match_id }: MatchPayload, caller: Caller): Promise<object> {
    await this.matches.leave(connectionOf(caller), match_id);
    return {};
  }
}

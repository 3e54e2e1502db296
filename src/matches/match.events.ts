import type { EventDocs } from '../realtime/events.js';
import type { JsonSchema } from '../validation/fields.js';

const PLAYER: JsonSchema = {
  title: 'MatchPlayer',
  type: 'object',
  properties: { match_id: { type: 'string' }, user_id: { type: 'integer' }, username: { type: 'string' } },
  required: ['match_id', 'user_id', 'username'],
};

const EXAMPLE = { match_id: 'q1w2e3r4t5y6', user_id: 2, username: 'bob' };

/** What the connections of a match hear. */
export const MATCH_EVENTS: readonly EventDocs[] = [
  {
    name: 'game.joined',
    summary: 'A player has joined a match; every other connection in it receives this.',
    data: PLAYER,
    example: EXAMPLE,
  },
  {
    name: 'game.left',
    summary: 'A player has left a match, or lost the last connection to it 10 s ago; every connection in it receives this.',
    data: PLAYER,
    example: EXAMPLE,
  },
  {
    name: 'game.state',
    summary:
      'A player has sent a state; every other connection in the match receives it, or only those of the players it is for.',
    data: {
      title: 'MatchState',
      type: 'object',
      properties: {
        match_id: { type: 'string' },
        from_id: { type: 'integer', description: 'The player who sent it' },
        op: { type: ['string', 'integer'], description: 'What the data is, in the words or the numbers of the game' },
        data: { description: 'Any JSON' },
      },
      required: ['match_id', 'from_id', 'op', 'data'],
    },
    example: { match_id: 'q1w2e3r4t5y6', from_id: 2, op: 'move', data: { x: 3, y: 4 } },
  },
];

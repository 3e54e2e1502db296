import { Anything, Int, Text } from '../validation/fields.js';

export class CreateMatchPayload {
  @Text({ optional: true, nullable: true, min: 1, max: 64, example: 'Friday night' })
  name?: string | null;

  @Int({ min: 2, max: 64, example: 4 })
  max_players!: number;
}

export class ListMatchesPayload {
  @Int({ optional: true, nullable: true, min: 1, max: 100, description: 'Matches at most; 50 unless said' })
  limit?: number | null;
}

export class MatchPayload {
  @Text({ min: 1, max: 64, example: 'q1w2e3r4t5y6' })
  match_id!: string;
}

export class StatePayload extends MatchPayload {
  @Text({ min: 1, max: 64, description: 'What the data is, in the words of the game', example: 'move' })
  op!: string;

  @Anything({ description: 'Any JSON of at most 16 KiB', example: { x: 3, y: 4 } })
  data?: unknown;

  @Int({ optional: true, nullable: true, description: 'One player; all others unless said' })
  to?: number | null;
}

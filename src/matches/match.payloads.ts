import { invalidInput } from '../errors/catalogue.js';
import { Anything, Int, Text, TextOrInt } from '../validation/fields.js';

const MAX_PLAYERS = 64;
/** Bytes of the data of a state, as JSON. */
const MAX_STATE = 16 * 1024;

export class CreateMatchPayload {
  @Text({ optional: true, nullable: true, min: 1, max: 64, example: 'Friday night' })
  name?: string | null;

  @Int({ min: 2, max: MAX_PLAYERS, example: 4 })
  max_players!: number;
}

export class ListMatchesPayload {
  @Int({ optional: true, nullable: true, min: 1, max: 100, description: 'Matches at most; 50 unless said' })
  limit?: number | null;

  @Text({
    optional: true,
    nullable: true,
    pattern: /^[0-9]{1,16}$/,
    allowed: 'cursors that a page before gave',
    description: '`next_cursor` of the page before',
  })
  cursor?: string | null;
}

export class MatchPayload {
  @Text({ min: 1, max: 64, example: 'q1w2e3r4t5y6' })
  match_id!: string;
}

export class StatePayload extends MatchPayload {
  @TextOrInt({ min: 1, max: 64, description: 'What the data is, in the words or the numbers of the game', example: 'move' })
  op!: string | number;

  @Anything({ description: `Any JSON of at most ${MAX_STATE} bytes; null unless said`, example: { x: 3, y: 4 } })
  data?: unknown;

  @Anything({ description: `Id of a player, or a list of at most ${MAX_PLAYERS}; all others unless said`, example: [2] })
  to?: unknown;
}

/** The data of a state. @throws CoreError `invalid_input` where it is too large */
export function stateOf({ data = null }: StatePayload): unknown {
  if (Buffer.byteLength(JSON.stringify(data)) <= MAX_STATE) return data;
  throw invalidInput({
    loc: ['payload', 'data'],
    msg: `ensure this value has at most ${MAX_STATE} bytes`,
    type: 'value_error.size',
  });
}

/** Whom a state is for; null for all. @throws CoreError `invalid_input` */
export function recipientsOf({ to = null }: StatePayload): readonly number[] | null {
  if (to === null) return null;
  const ids: readonly unknown[] = Array.isArray(to) ? to : [to];
  const loc = ['payload', 'to'];
  if (ids.length === 0 || ids.length > MAX_PLAYERS) {
    throw invalidInput({ loc, msg: `ensure this value has 1 to ${MAX_PLAYERS} items`, type: 'value_error.list' });
  }
  const faults = ids.flatMap((id, index) =>
    Number.isSafeInteger(id)
      ? []
      : [{ loc: Array.isArray(to) ? [...loc, index] : loc, msg: 'value is not a valid integer', type: 'type_error.integer' }],
  );
  if (faults.length > 0) throw invalidInput(...faults);
  return ids as readonly number[];
}

import { invalidInput } from '../errors/catalogue.js';

/**
 * Where a page of a list of chats begins. `since` are the transactions of the database that the first page did not see (`SINCE` in chats.sql.ts),
 * null where that is unknown: they may have moved a chat past the pages.
 */
export type ListPlace =
  | { readonly stage: 'newest'; readonly at: Date | null; readonly id: number | null; readonly since: string | null }
  /** After the last chat in order: those that changed since the first page, by their ids. */
  | { readonly stage: 'changed'; readonly id: number; readonly since: string };

export const FIRST_PLACE: ListPlace = { stage: 'newest', at: null, id: null, since: null };

/** Times in milliseconds and ids have at most 15 digits here, transactions have 32 bits. */
const PATTERN = /^(?:(\d{1,15})|(c))\.(\d{1,15})(?:\.(\d{1,10}(?:-\d{1,10}){0,20}))?$/;
const MAX_TIME = 8.64e15;
const MAX_TRANSACTION = 4_294_967_295;

export const listCursorOf = (place: { at: Date | null; id: number; since: string | null }): string =>
  `${place.at === null ? 'c' : place.at.getTime()}.${place.id}${place.since === null ? '' : `.${place.since}`}`;

/** @throws CoreError `invalid_input` for what is no cursor of the command */
export function listPlaceOf(cursor: string, command: string): ListPlace {
  const [, at, changed, id, since] = PATTERN.exec(cursor) ?? [];
  const isKnown =
    id !== undefined && Number(at ?? 0) <= MAX_TIME && (since ?? '').split('-').every((each) => Number(each) <= MAX_TRANSACTION);
  if (isKnown && changed !== undefined && since !== undefined) return { stage: 'changed', id: Number(id), since };
  if (isKnown && at !== undefined) return { stage: 'newest', at: new Date(Number(at)), id: Number(id), since: since ?? null };
  throw invalidInput({ loc: ['payload', 'cursor'], msg: `not a cursor of ${command}`, type: 'value_error.cursor' });
}

import { invalidInput } from '../errors/catalogue.js';

/** Where a page ends: a time, and an id for what has the same. */
export type Place = readonly [at: Date, id: number];

export const cursorOf = (at: Date, id: number): string => `${at.getTime()}.${id}`;

/** @throws CoreError `invalid_input` for what is no cursor of the command */
export function placeOf(cursor: string, command: string): Place {
  const [, at, id] = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor) ?? [];
  if (at === undefined || id === undefined || Number(at) > 8.64e15) {
    throw invalidInput({ loc: ['payload', 'cursor'], msg: `not a cursor of ${command}`, type: 'value_error.cursor' });
  }
  return [new Date(Number(at)), Number(id)];
}

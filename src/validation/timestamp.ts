import { Text, type TextOptions } from './fields.js';

/** RFC 3339, so that every clock means the same; without days that a month does not have, which would be read as days of the next. */
const PATTERN =
  /^[0-9]{4}-(02-(0[1-9]|[12][0-9])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01]))T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$/;

/** A moment, as text such as `2024-02-11T00:00:00Z`. */
export function Timestamp(
  options: Pick<TextOptions, 'optional' | 'nullable' | 'description' | 'example'> = {},
): PropertyDecorator {
  return Text({ pattern: PATTERN, allowed: 'times such as 2024-02-11T00:00:00Z', ...options });
}

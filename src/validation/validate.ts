import { getMetadataStorage, validateSync } from 'class-validator';
import { CoreError, type Issue } from '../errors/catalogue.js';
import { checkObject, fieldsOf, type JsonSchema, NO_OBJECT, objectSchema } from './fields.js';

export type Dto<T extends object = object> = new () => T;

/** Where a value came from; the first part of every issue's `loc`. */
export type Source = 'body' | 'query' | 'path' | 'payload';

/**
 * Makes an instance of a DTO class out of unknown input: declared fields only (others are ignored, never assigned),
 * every fault listed.
 * @throws CoreError `invalid_input` with the issues
 */
export function validate<T extends object>(dto: Dto<T>, input: unknown, source: Source): T {
  const checked = check(dto, input, source === 'query' || source === 'path');
  if ('value' in checked) return checked.value;
  throw new CoreError('invalid_input', { issues: checked.map((issue) => ({ ...issue, loc: [source, ...issue.loc] })) });
}

/** Like {@link validate}, but returns the issues (their `loc` without the source) instead of throwing them. */
export function check<T extends object>(dto: Dto<T>, input: unknown, text = false): { readonly value: T } | readonly Issue[] {
  if (input === undefined) return [{ loc: [], msg: 'field required', type: 'value_error.missing' }];
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return [{ loc: [], ...NO_OBJECT }];
  if (fieldsOf(dto).size === 0) return checkForeign(dto, input);
  const checked = checkObject(dto, input, text);
  if ('fault' in checked) return [{ loc: [], ...checked.fault }];
  return 'faults' in checked ? checked.faults : { value: checked.value as T };
}

/** A DTO of an extension, written with class-validator's own decorators: slower, and its faults carry its words. */
function checkForeign<T extends object>(dto: Dto<T>, input: object): { readonly value: T } | readonly Issue[] {
  const value = new dto();
  const names = new Set(
    getMetadataStorage()
      .getTargetValidationMetadatas(dto, '', false, false)
      .map((entry) => entry.propertyName),
  );
  for (const name of names) if (Object.hasOwn(input, name)) Reflect.set(value, name, Reflect.get(input, name));
  const errors = names.size === 0 ? [] : validateSync(value, { forbidUnknownValues: false });
  if (errors.length === 0) return { value };
  return errors.flatMap((error) =>
    Object.entries(error.constraints ?? { nested: 'is not valid' }).map(([name, msg]) => ({
      loc: [error.property],
      msg,
      type: `value_error.${name}`,
    })),
  );
}

/** The JSON Schema of a DTO class, as `/openapi.json`, `/asyncapi.json` and `system.commands` show it. */
export const schemaOf = (dto: Dto): JsonSchema => objectSchema(dto);

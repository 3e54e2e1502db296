import type { Field, FieldKind } from './schema-form.js';
import type { Json, JsonObject } from './wire.js';

/** What may be wrong with a value; the words are in the texts. */
export type FaultKind =
  | 'required'
  | 'notNull'
  | 'integer'
  | 'number'
  | 'text'
  | 'choice'
  | 'flag'
  | 'list'
  | 'object'
  | 'min'
  | 'max'
  | 'minLength'
  | 'maxLength'
  | 'minItems'
  | 'maxItems'
  | 'pattern'
  | 'characters';

export interface FieldFault {
  /** `members.0`, as far as it goes. */
  readonly path: string;
  readonly kind: FaultKind;
  /** What the limit is. */
  readonly limit?: number | string;
}

/** All that the server would find wrong with a payload, as far as its schema says. */
export const faultsOf = (fields: readonly Field[], payload: JsonObject, prefix = ''): FieldFault[] =>
  fields.flatMap((field) => {
    const path = prefix + field.name;
    const value = Object.hasOwn(payload, field.name) ? payload[field.name] : undefined;
    if (value === undefined) return field.required ? [{ path, kind: 'required' } as const] : [];
    return faultsOfValue(field, value, path);
  });

function faultsOfValue(field: Field, value: Json, path: string): FieldFault[] {
  const fault: MakeFault = (kind, limit) => [{ path, kind, ...(limit === undefined ? {} : { limit }) }];
  if (value === null) return field.nullable ? [] : fault('notNull');
  return CHECKS[field.kind](field, value, fault, path);
}

type Check = (field: Field, value: NonNullable<Json>, fault: MakeFault, path: string) => FieldFault[];

const list: Check = (field, value, fault, path) => (isList(value) ? faultsOfList(field, value, path, fault) : fault('list'));

const CHECKS: Readonly<Record<FieldKind, Check>> = {
  integer: (field, value, fault) => (Number.isSafeInteger(value) ? outOfRange(field, value as number, fault) : fault('integer')),
  number: (field, value, fault) => (typeof value === 'number' ? outOfRange(field, value, fault) : fault('number')),
  text: (field, value, fault) => (typeof value === 'string' ? faultsOfText(field, value, fault) : fault('text')),
  choice: ({ choices = [] }, value, fault) => (choices.includes(value as string) ? [] : fault('choice', choices.join(', '))),
  flag: (_, value, fault) => (typeof value === 'boolean' ? [] : fault('flag')),
  texts: list,
  list,
  object: (field, value, fault, path) => (isObject(value) ? faultsOf(field.fields ?? [], value, `${path}.`) : fault('object')),
  json: () => [],
};

type MakeFault = (kind: FaultKind, limit?: number | string) => FieldFault[];

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
const isObject = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

function outOfRange({ minimum, maximum }: Field, value: number, fault: MakeFault): FieldFault[] {
  if (minimum !== undefined && value < minimum) return fault('min', minimum);
  return maximum !== undefined && value > maximum ? fault('max', maximum) : [];
}

/** The server takes neither NUL nor half of a surrogate pair in any text. */
const UNSTORABLE = /[\0\p{Cs}]/u;

const PAIRS = /[\ud800-\udbff][\udc00-\udfff]/g;

function faultsOfText({ minLength = 0, maxLength, pattern }: Field, value: string, fault: MakeFault): FieldFault[] {
  if (UNSTORABLE.test(value)) return fault('characters');
  // Code points, as the server counts.
  const length = value.length - (value.match(PAIRS)?.length ?? 0);
  if (length < minLength) return fault('minLength', minLength);
  if (maxLength !== undefined && length > maxLength) return fault('maxLength', maxLength);
  return pattern !== undefined && !matches(pattern, value) ? fault('pattern', pattern) : [];
}

/** A pattern that this browser does not know refuses nothing: the server decides. */
function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern).test(value);
  } catch {
    return true;
  }
}

function faultsOfList(field: Field, value: readonly Json[], path: string, fault: MakeFault): FieldFault[] {
  const { minLength = 0, maxLength, item } = field;
  if (value.length < minLength) return fault('minItems', minLength);
  if (maxLength !== undefined && value.length > maxLength) return fault('maxItems', maxLength);
  return item ? value.flatMap((each, index) => faultsOfValue(item, each, `${path}.${index}`)) : [];
}

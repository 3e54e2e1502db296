import { isEmail, registerDecorator } from 'class-validator';
import type { Issue } from '../errors/catalogue.js';
import { asciiAddress } from './addresses.js';

/** A JSON Schema (2020-12) fragment. */
export type JsonSchema = { readonly [key: string]: unknown };

/** Why one value was refused, in pydantic v1's words, without its place. */
export type Fault = Pick<Issue, 'msg' | 'type'>;
export type Checked = { readonly value: unknown } | { readonly fault: Fault } | { readonly faults: readonly Issue[] };

/** What one field of a DTO takes. `check` sees a value that is neither absent nor null. */
export interface FieldSpec {
  readonly schema: JsonSchema;
  readonly optional: boolean;
  readonly nullable: boolean;
  /** `text` is true where the value came as text (a query, a path) and numbers have to be read from it. */
  check(value: unknown, text: boolean): Checked;
}

export interface FieldOptions {
  /** May be left out. */
  readonly optional?: boolean;
  /** May be null. */
  readonly nullable?: boolean;
  readonly description?: string;
  readonly example?: unknown;
}

export interface TextOptions extends FieldOptions {
  /** Characters (code points), counted after normalisation. */
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
  /**
   * What documents say instead of `pattern`, if that needs a flag or syntax that other languages do not share. It accepts all
   * that `pattern` accepts, and may accept more.
   */
  readonly portablePattern?: RegExp;
  readonly normalize?: 'NFC' | 'NFKC';
  /** Blanks around it do not count: keyboards put one after a word that they complete. */
  readonly trim?: boolean;
  /** What `pattern` allows, in words that follow "allowed are". */
  readonly allowed?: string;
  readonly choices?: readonly string[];
  /** Never shown in examples, logs or faults. */
  readonly secret?: boolean;
}

const FIELDS = new WeakMap<object, Map<string, FieldSpec>>();
/** Those of a class with its ancestors', once somebody has asked; declaring another field begins anew. */
let known = new WeakMap<object, ReadonlyMap<string, FieldSpec>>();

/** The fields of a DTO class with those of its ancestors, in the order in which they are written. */
export function fieldsOf(dto: object): ReadonlyMap<string, FieldSpec> {
  const found = known.get(dto);
  if (found) return found;
  const parent: unknown = Object.getPrototypeOf(dto);
  const inherited = typeof parent === 'function' ? fieldsOf(parent) : [];
  const fields = new Map([...inherited, ...(FIELDS.get(dto) ?? [])]);
  known.set(dto, fields);
  return fields;
}

/**
 * Declares a field: for `validate()` of this folder, and as a class-validator constraint, so that Nest's own
 * ValidationPipe and `validateSync` accept and refuse the same values.
 */
function field(spec: FieldSpec): PropertyDecorator {
  return (prototype, property) => {
    const dto = prototype.constructor;
    const name = String(property);
    const fields = FIELDS.get(dto) ?? new Map<string, FieldSpec>();
    FIELDS.set(dto, fields.set(name, spec));
    known = new WeakMap();
    registerDecorator({
      name: 'field',
      target: dto,
      propertyName: name,
      validator: {
        validate: (value: unknown) => 'value' in checkField(spec, value, false),
        defaultMessage: (args) => {
          const checked = checkField(spec, args?.value, false);
          return 'fault' in checked ? checked.fault.msg : 'is not valid';
        },
      },
    });
  };
}

const fault = (type: string, msg: string): Checked => ({ fault: { type, msg } });
export const MISSING: Fault = { type: 'value_error.missing', msg: 'field required' };
export const NO_STRING: Fault = { type: 'type_error.str', msg: 'str type expected' };
export const NO_OBJECT: Fault = { type: 'type_error.dict', msg: 'value is not a valid dict' };
const NOT_NULL: Fault = { type: 'type_error.none.not_allowed', msg: 'none is not an allowed value' };

/** Checks one value against a field, absence and null included. */
function checkField(spec: FieldSpec, value: unknown, text: boolean): Checked {
  if (value === undefined) return spec.optional ? { value } : { fault: MISSING };
  if (value === null) return spec.nullable ? { value } : { fault: NOT_NULL };
  return spec.check(value, text);
}

function specOf(options: FieldOptions, schema: JsonSchema, check: FieldSpec['check']): FieldSpec {
  const { optional = false, nullable = false, description, example } = options;
  const type = nullable && typeof schema.type === 'string' ? [schema.type, 'null'] : schema.type;
  return {
    optional,
    nullable,
    check,
    schema: {
      ...schema,
      ...(type === undefined ? {} : { type }),
      ...(description === undefined ? {} : { description }),
      ...(example === undefined ? {} : { examples: [example] }),
    },
  };
}

/** Counts code points, as people and pydantic do, without building an array for the common short string. */
export function lengthOf(value: string): number {
  let pairs = 0;
  for (let i = 0; i < value.length; i++) if ((value.charCodeAt(i) & 0xfc00) === 0xd800) pairs++;
  return value.length - pairs;
}

function checkText(options: TextOptions, raw: unknown): Checked {
  if (typeof raw !== 'string') return { fault: NO_STRING };
  // PostgreSQL takes neither NUL nor a lone surrogate in text: refused here, it is never a 500 there.
  if (raw.includes('\0') || !raw.isWellFormed())
    return fault('value_error.str.regex', 'string contains characters that are not allowed');
  // Normalising costs time in proportion to the text: what is far too long is refused first.
  if (options.max !== undefined && raw.length > options.max * 12) return tooLong(options.max);
  const given = options.trim ? raw.trim() : raw;
  const value = options.normalize ? given.normalize(options.normalize) : given;
  const length = lengthOf(value);
  if (options.min !== undefined && length < options.min) {
    return fault('value_error.any_str.min_length', `ensure this value has at least ${options.min} characters`);
  }
  if (options.max !== undefined && length > options.max) return tooLong(options.max);
  return checkForm(options, value) ?? { value };
}

/** @returns the fault of a text of good length; undefined where there is none */
function checkForm({ pattern, allowed, choices }: TextOptions, value: string): Checked | undefined {
  if (pattern && !pattern.test(value)) {
    return fault('value_error.str.regex', allowed ? `allowed are ${allowed}` : 'string is not of the form that is allowed');
  }
  if (choices && !choices.includes(value)) {
    const permitted = choices.map((choice) => `'${choice}'`).join(', ');
    return fault('type_error.enum', `value is not a valid enumeration member; permitted: ${permitted}`);
  }
  return undefined;
}

const tooLong = (max: number): Checked =>
  fault('value_error.any_str.max_length', `ensure this value has at most ${max} characters`);

function documentedPattern({ pattern, portablePattern = pattern }: TextOptions): JsonSchema {
  return portablePattern ? { pattern: portablePattern.source } : {};
}

/** A string. */
export function Text(options: TextOptions = {}): PropertyDecorator {
  const schema: JsonSchema = {
    type: 'string',
    ...(options.min === undefined ? {} : { minLength: options.min }),
    ...(options.max === undefined ? {} : { maxLength: options.max }),
    ...documentedPattern(options),
    ...(options.choices ? { enum: options.choices } : {}),
    ...(options.secret ? { format: 'password' } : {}),
  };
  return field(specOf(options, schema, (value) => checkText(options, value)));
}

/**
 * An e-mail address, with the domain in ASCII (`asciiAddress`). What stands before the `@` is ASCII only: `validator` takes Cyrillic
 * look-alikes there, and two addresses that look the same must not be two accounts.
 */
export function Email(options: FieldOptions = {}): PropertyDecorator {
  const schema = { type: 'string', format: 'email', maxLength: 254 };
  return field(
    specOf({ example: 'user@example.com', ...options }, schema, (raw) => {
      const text = checkText({}, raw);
      if (!('value' in text) || typeof text.value !== 'string') return text;
      const value = text.value.length <= MAX_RAW_ADDRESS ? asciiAddress(text.value) : text.value;
      const isAscii = value.length <= 254 && /^[\x21-\x7e]+$/.test(value);
      return isAscii && isEmail(value, { allow_utf8_local_part: false })
        ? { value }
        : fault('value_error.email', 'value is not a valid email address');
    }),
  );
}

/** Of an address as it came; blanks around it and letters beyond ASCII may make it longer than what is kept. */
const MAX_RAW_ADDRESS = 1_000;

export interface IntOptions extends FieldOptions {
  readonly min?: number;
  readonly max?: number;
}

/** An integer that JavaScript holds exactly. */
export function Int(options: IntOptions = {}): PropertyDecorator {
  const schema: JsonSchema = {
    type: 'integer',
    ...(options.min === undefined ? {} : { minimum: options.min }),
    ...(options.max === undefined ? {} : { maximum: options.max }),
  };
  return field(
    specOf(options, schema, (raw, text) => {
      const value = text && typeof raw === 'string' && /^[+-]?\d{1,19}$/.test(raw) ? Number(raw) : raw;
      if (typeof value !== 'number' || !Number.isSafeInteger(value))
        return fault('type_error.integer', 'value is not a valid integer');
      if (options.min !== undefined && value < options.min) {
        return fault('value_error.number.not_ge', `ensure this value is greater than or equal to ${options.min}`);
      }
      if (options.max !== undefined && value > options.max) {
        return fault('value_error.number.not_le', `ensure this value is less than or equal to ${options.max}`);
      }
      return { value };
    }),
  );
}

/** A string, or an integer that JavaScript holds exactly. */
export function TextOrInt(options: TextOptions = {}): PropertyDecorator {
  const schema: JsonSchema = {
    type: ['string', 'integer'],
    ...(options.min === undefined ? {} : { minLength: options.min }),
    ...(options.max === undefined ? {} : { maxLength: options.max }),
  };
  return field(
    specOf(options, schema, (value) => {
      if (typeof value === 'string') return checkText(options, value);
      return Number.isSafeInteger(value) ? { value } : fault('type_error', 'str or integer type expected');
    }),
  );
}

/** true or false. */
export function Flag(options: FieldOptions = {}): PropertyDecorator {
  return field(
    specOf(options, { type: 'boolean' }, (raw, text) => {
      const value = text && (raw === 'true' || raw === 'false') ? raw === 'true' : raw;
      return typeof value === 'boolean' ? { value } : fault('type_error.bool', 'value could not be parsed to a boolean');
    }),
  );
}

/** Any JSON value, null included. */
export function Anything(options: FieldOptions = {}): PropertyDecorator {
  return field(specOf({ nullable: true, optional: true, ...options }, {}, (value) => ({ value })));
}

export interface ListOptions extends FieldOptions {
  readonly min?: number;
  readonly max: number;
}

/** A list of strings. */
export function TextList(options: ListOptions, item: TextOptions = {}): PropertyDecorator {
  return list(options, { type: 'string' }, (value) => (value === null ? { fault: NOT_NULL } : checkText(item, value)));
}

/** A list of objects, each of which is as a DTO class declares it. */
export function ObjectList<T extends object>(dto: new () => T, options: ListOptions): PropertyDecorator {
  return list(options, objectSchema(dto), (value) => checkObject(dto, value, false));
}

function list(options: ListOptions, items: JsonSchema, checkItem: (value: unknown) => Checked): PropertyDecorator {
  const { min = 0, max } = options;
  const schema = { type: 'array', items, maxItems: max, ...(min > 0 ? { minItems: min } : {}) };
  return field(
    specOf(options, schema, (raw) =>
      Array.isArray(raw) ? checkItems(raw, min, max, checkItem) : fault('type_error.list', 'value is not a valid list'),
    ),
  );
}

function checkItems(raw: readonly unknown[], min: number, max: number, checkItem: (value: unknown) => Checked): Checked {
  if (raw.length < min) return fault('value_error.list.min_items', `ensure this value has at least ${min} items`);
  if (raw.length > max) return fault('value_error.list.max_items', `ensure this value has at most ${max} items`);
  const values: unknown[] = [];
  const faults: Issue[] = [];
  for (const [index, value] of raw.entries()) {
    const checked = checkItem(value);
    if ('fault' in checked) faults.push({ loc: [index], ...checked.fault });
    else if ('faults' in checked) faults.push(...checked.faults.map((issue) => ({ ...issue, loc: [index, ...issue.loc] })));
    else values.push(checked.value);
  }
  return faults.length > 0 ? { faults } : { value: values };
}

/** Makes an instance of a DTO class out of unknown input, or lists every fault of it; `loc` begins with the field. */
export function checkObject<T extends object>(dto: new () => T, input: unknown, text: boolean): Checked & { readonly value?: T } {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return { fault: NO_OBJECT };
  const value = new dto();
  const faults: Issue[] = [];
  for (const [name, spec] of fieldsOf(dto)) {
    // Own properties only: `constructor` and `__proto__` of every object are no input.
    const given: unknown = Object.hasOwn(input, name) ? Reflect.get(input, name) : undefined;
    const checked = checkField(spec, text && Array.isArray(given) ? given.at(-1) : given, text);
    if ('fault' in checked) faults.push({ loc: [name], ...checked.fault });
    else if ('faults' in checked) faults.push(...checked.faults.map((issue) => ({ ...issue, loc: [name, ...issue.loc] })));
    else if (checked.value !== undefined) Reflect.set(value, name, checked.value);
  }
  return faults.length > 0 ? { faults } : { value };
}

/** The JSON Schema of a DTO class. */
export function objectSchema(dto: object): JsonSchema {
  const fields = [...fieldsOf(dto)];
  const required = fields.filter(([, spec]) => !spec.optional).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(([name, spec]) => [name, spec.schema])),
    ...(required.length > 0 ? { required } : {}),
  };
}

import type { Json, JsonObject } from './wire.js';

export type Schema = Readonly<Record<string, unknown>>;

/** What a field of a form is; `json` takes whatever the form has no better control for. */
export type FieldKind = 'integer' | 'number' | 'text' | 'choice' | 'flag' | 'texts' | 'list' | 'object' | 'json';

/** One field of a payload, as a form shows it. */
export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly required: boolean;
  readonly nullable: boolean;
  readonly secret: boolean;
  readonly description?: string;
  readonly example?: Json;
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of a text in characters, of a list in items. */
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  /** Of an object. */
  readonly fields?: readonly Field[];
  /** Of a list. */
  readonly item?: Field;
}

const isObject = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** The fields of an object's JSON Schema, in the order in which it has them. */
export function fieldsOf(schema: Schema): Field[] {
  const { properties, required } = schema;
  if (!isObject(properties)) return [];
  const needed = new Set(Array.isArray(required) ? (required as unknown[]) : []);
  return Object.entries(properties).map(([name, property]) =>
    fieldOf(name, isObject(property) ? property : {}, needed.has(name)),
  );
}

function fieldOf(name: string, schema: Schema, required: boolean): Field {
  const types = Array.isArray(schema.type) ? (schema.type as unknown[]) : [schema.type];
  const nullable = types.includes('null');
  const named = types.filter((type) => type !== 'null');
  // Of several types, or none, only JSON says which one is meant.
  const type = named.length === 1 ? named[0] : undefined;
  const shape = shapeOf(type, schema);
  const [example] = Array.isArray(schema.examples) ? (schema.examples as Json[]) : [];
  return {
    name,
    required,
    nullable: nullable || shape.kind === 'json',
    secret: schema.format === 'password' || /token|password/i.test(name),
    ...shape,
    ...defined({
      description: textOf(schema.description),
      example: example ?? (schema.default as Json | undefined),
      minimum: numberOf(schema.minimum),
      maximum: numberOf(schema.maximum),
      minLength: numberOf(schema.minLength) ?? numberOf(schema.minItems),
      maxLength: numberOf(schema.maxLength) ?? numberOf(schema.maxItems),
      pattern: textOf(schema.pattern),
    }),
  };
}

function shapeOf(type: unknown, schema: Schema): Pick<Field, 'kind' | 'choices' | 'fields' | 'item'> {
  const choices = Array.isArray(schema.enum) ? (schema.enum as unknown[]) : undefined;
  if (choices?.every((choice) => typeof choice === 'string')) return { kind: 'choice', choices };
  switch (type) {
    case 'integer':
    case 'number':
      return { kind: type };
    case 'string':
      return { kind: 'text' };
    case 'boolean':
      return { kind: 'flag' };
    case 'array':
      return listShape(isObject(schema.items) ? schema.items : {});
    case 'object':
      return isObject(schema.properties) ? { kind: 'object', fields: fieldsOf(schema) } : { kind: 'json' };
    default:
      return { kind: 'json' };
  }
}

function listShape(items: Schema): Pick<Field, 'kind' | 'item'> {
  const item = fieldOf('', items, true);
  if (item.kind === 'text') return { kind: 'texts', item };
  return item.kind === 'object' ? { kind: 'list', item } : { kind: 'json' };
}

const defined = <Part extends object>(part: Part): Partial<Part> =>
  Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as Partial<Part>;

/** What a field holds when somebody begins to fill it in. */
export function startOf(field: Field): Json {
  if (field.example !== undefined) return field.example;
  switch (field.kind) {
    case 'integer':
    case 'number':
      return field.minimum ?? 1;
    case 'text':
      return '';
    case 'choice':
      return field.choices?.[0] ?? '';
    case 'flag':
      return false;
    case 'texts':
    case 'list':
      return [];
    case 'object':
      return startOfFields(field.fields ?? []);
    case 'json':
      return null;
  }
}

/** A payload with what is required, filled with examples. */
export function startOfFields(fields: readonly Field[]): JsonObject {
  return Object.fromEntries(fields.filter(({ required }) => required).map((field) => [field.name, startOf(field)]));
}

/** What a command is sent with unless somebody changes it: its own example where it has one. */
export const startPayload = (schema: Schema, example: unknown): JsonObject =>
  isObject(example) ? (example as JsonObject) : startOfFields(fieldsOf(schema));

/**
 * A number as it was typed. What is none stays the text that it is: then it can be sent all the same, to see what the server says.
 * @returns the number only where it means what was typed
 */
export function typedNumber(text: string, kind: 'integer' | 'number'): Json {
  const trimmed = text.trim();
  const isNumber = kind === 'integer' ? /^-?\d{1,16}$/.test(trimmed) : /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(trimmed);
  const value = Number(trimmed);
  return isNumber && (kind === 'number' ? Number.isFinite(value) : Number.isSafeInteger(value)) ? value : text;
}

/** Any JSON as it was typed; what is none is taken for a text. */
export function typedJson(text: string): { readonly value: Json; readonly isText: boolean } {
  try {
    return { value: JSON.parse(text) as Json, isText: false };
  } catch {
    return { value: text, isText: true };
  }
}

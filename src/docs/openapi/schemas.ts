import type { Issue } from '../../errors/catalogue.js';
import type { JsonSchema } from '../../validation/fields.js';
import { type Dto, schemaOf } from '../../validation/validate.js';

const REFERENCE = '#/components/schemas/';

/** The schemas that the document names: bodies by the name of their class, others by their `title`. */
export class Schemas {
  private readonly byName = new Map<string, JsonSchema>();
  private readonly nameOf = new Map<unknown, string>();

  constructor(existing: Readonly<Record<string, JsonSchema>>) {
    for (const [name, schema] of Object.entries(existing)) this.byName.set(name, schema);
  }

  all(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.byName].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** A reference to the schema of a DTO class. */
  ofDto(dto: Dto): JsonSchema {
    return this.named(dto, dto.name, () => this.hoisted(schemaOf(dto)));
  }

  /** The schema, with those of its parts that have a title replaced by references. */
  ofAnswer(schema: JsonSchema): JsonSchema {
    return typeof schema.title === 'string' ? this.named(schema, schema.title, () => this.hoisted(schema)) : this.hoisted(schema);
  }

  /** A reference to a schema that is the same for everything of that shape. */
  ofShape(name: string, schema: JsonSchema): JsonSchema {
    return this.named(`${name} ${JSON.stringify(schema)}`, name, () => schema);
  }

  private named(identity: unknown, wish: string, make: () => JsonSchema): JsonSchema {
    const known = this.nameOf.get(identity);
    if (known !== undefined) return { $ref: REFERENCE + known };
    const name = this.freeName(wish);
    this.nameOf.set(identity, name);
    this.byName.set(name, {});
    this.byName.set(name, make());
    return { $ref: REFERENCE + name };
  }

  /** Two modules may each have a `CreateBody`. */
  private freeName(wish: string): string {
    const name = wish.replaceAll(/[^\w.-]/g, '');
    let free = name;
    for (let n = 2; this.byName.has(free); n++) free = `${name}${n}`;
    return free;
  }

  private hoisted(schema: JsonSchema): JsonSchema {
    const own = Object.entries(schema).map(([key, value]) => [key, key === 'examples' ? value : this.part(value)] as const);
    return { ...Object.fromEntries(own), ...(isOpenObject(schema) ? { additionalProperties: true } : {}) };
  }

  private part(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item: unknown) => this.part(item));
    return typeof value === 'object' && value !== null ? this.ofAnswer(value as JsonSchema) : value;
  }
}

/** Any object. Generators read a bare `type: object` as one that has no fields, unless this says otherwise. */
export const OPEN_OBJECT: JsonSchema = { type: 'object', additionalProperties: true };

const SAYS_ITS_FIELDS = ['properties', 'additionalProperties', 'patternProperties', 'allOf', 'anyOf', 'oneOf', '$ref'];

const isOpenObject = (schema: JsonSchema): boolean =>
  schema.type === 'object' && !SAYS_ITS_FIELDS.some((keyword) => keyword in schema);

/** A list of issues of the core. */
export const ISSUES_SCHEMA: JsonSchema = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      loc: { type: 'array', items: { type: ['string', 'integer'] }, description: 'Where' },
      msg: { type: 'string', description: 'For people' },
      type: { type: 'string', description: 'For programs' },
    },
    required: ['loc', 'msg', 'type'],
  },
};

/**
 * The schema that an example tells of itself: every property of it is always there.
 * @param issues which may be a part of it, as they are
 */
export function shapeOf(value: unknown, issues?: readonly Issue[]): JsonSchema {
  if (value === issues && issues !== undefined) return ISSUES_SCHEMA;
  if (Array.isArray(value)) return { type: 'array', ...(value.length > 0 ? { items: shapeOf(value[0], issues) } : {}) };
  if (typeof value !== 'object' || value === null) return typeof value === 'boolean' ? { const: value } : { type: typeOf(value) };
  const properties = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shapeOf(part, issues)]));
  return { type: 'object', properties, required: Object.keys(value) };
}

const typeOf = (value: unknown): string => {
  if (value === null) return 'null';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
};

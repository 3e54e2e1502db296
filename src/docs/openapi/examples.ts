import type { Issue } from '../../errors/catalogue.js';
import { type FieldSpec, fieldsOf, type JsonSchema } from '../../validation/fields.js';
import { check, type Dto, type Source } from '../../validation/validate.js';

/** What a body of this class may look like: every field that must be there, and those that bring an example. */
export function exampleOf(dto: Dto): Record<string, unknown> {
  const shown = [...fieldsOf(dto)].filter(([, { optional, schema }]) => !optional || Array.isArray(schema.examples));
  return Object.fromEntries(shown.map(([name, spec]) => [name, sampleOf(spec)]));
}

const sampleOf = ({ schema, nullable }: FieldSpec): unknown => {
  const [example] = Array.isArray(schema.examples) ? (schema.examples as unknown[]) : [];
  return example ?? (nullable ? null : sample(schema));
};

function sample(schema: JsonSchema): unknown {
  if (Array.isArray(schema.enum)) return schema.enum[0];
  switch (schema.type) {
    case 'integer':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'array':
      return typeof schema.minItems === 'number' && schema.minItems > 0 ? [sample(schema.items as JsonSchema)] : [];
    case 'object':
      return sampleObject(schema);
    default:
      return schema.format === 'password' ? 'correct horse battery' : 'text'.padEnd(Number(schema.minLength ?? 4), ' text');
  }
}

function sampleObject({ properties = {}, required = [] }: JsonSchema): object {
  const names = required as readonly string[];
  return Object.fromEntries(
    names.map((name) => [name, sample((properties as Readonly<Record<string, JsonSchema>>)[name] ?? {})]),
  );
}

/** The issues with which the class refuses an input that is wrong in its first field: empty, or left out where it may be empty. */
export function issuesOf(dto: Dto, source: Source): readonly Issue[] {
  const isText = source === 'query' || source === 'path';
  const good = isText ? {} : exampleOf(dto);
  const [first] = fieldsOf(dto).keys();
  if (first === undefined) return [];
  const { [first]: _left, ...others } = good;
  // Where anything goes in every field, it still has to be an object.
  const noObject = isText ? [] : [null];
  for (const input of [{ ...good, [first]: '' }, { ...good, [first]: false }, others, ...noObject]) {
    const checked = check(dto, input, isText);
    if (!('value' in checked)) return checked.map((issue) => ({ ...issue, loc: [source, ...issue.loc] }));
  }
  return [];
}

import fc, { type Arbitrary } from 'fast-check';
import type { Parsed } from '../http-client.js';
import { hugeText, oddKey, oddNumber, oddText, oddValue } from './values.js';

/** Values that mean something on the server that is tried, by the name of the field that takes them. */
export type Pools = Readonly<Record<string, readonly unknown[]>>;

/** What the grammar of a document gives rise to. */
export class Grammar {
  constructor(
    private readonly document: Parsed,
    private readonly pools: Pools,
  ) {}

  /** Values that a schema of the document allows, or is about to forbid. @param name of the field that holds them */
  valueOf(schema: Parsed, name = ''): Arbitrary<unknown> {
    const resolved = this.resolve(schema);
    const pool = Object.hasOwn(this.pools, name) ? this.pools[name] : undefined;
    const usual = this.usual(resolved, name);
    return pool === undefined || resolved.type === 'array'
      ? usual
      : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...pool) }, { weight: 1, arbitrary: usual });
  }

  private resolve(schema: Parsed): Parsed {
    if (typeof schema?.$ref !== 'string') return schema ?? {};
    const path: string[] = schema.$ref.slice(2).split('/');
    const at = (part: Parsed, key: string): Parsed => part?.[decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~')];
    return this.resolve(path.reduce(at, this.document));
  }

  private usual(schema: Parsed, name: string): Arbitrary<unknown> {
    if ('const' in schema) return fc.constant(schema.const);
    if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as unknown[]));
    const choices: Parsed[] = schema.anyOf ?? schema.oneOf ?? [];
    if (choices.length > 0) return fc.oneof(...choices.map((choice) => this.valueOf(choice, name)));
    if (Array.isArray(schema.allOf)) return this.usual(this.merged(schema.allOf), name);
    const types: string[] = Array.isArray(schema.type) ? schema.type : [schema.type];
    return fc.oneof(...types.map((type) => this.ofType(type, schema, name)));
  }

  private merged(parts: Parsed[]): Parsed {
    const all = parts.map((part) => this.resolve(part));
    return {
      type: 'object',
      properties: Object.assign({}, ...all.map(({ properties }) => properties)),
      required: all.flatMap(({ required = [] }) => required),
    };
  }

  private ofType(type: string | undefined, schema: Parsed, name: string): Arbitrary<unknown> {
    switch (type) {
      case 'object':
        return this.object(schema);
      case 'array':
        return this.array(schema, name);
      case 'integer':
      case 'number':
        return numbers(schema);
      case 'string':
        return texts(schema);
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      default:
        return oddValue;
    }
  }

  private object({ properties = {}, required = [] }: Parsed): Arbitrary<unknown> {
    const fields = Object.entries<Parsed>(properties).map(([key, schema]) => [key, this.valueOf(schema, key)] as const);
    return fc.record(Object.fromEntries(fields), { requiredKeys: required, noNullPrototype: true });
  }

  private array({ items, minItems = 0, maxItems = 1_000 }: Parsed, name: string): Arbitrary<unknown> {
    const item = this.valueOf(items ?? {}, name);
    return fc.oneof(
      { weight: 9, arbitrary: fc.array(item, { minLength: Math.min(minItems, 3), maxLength: Math.min(maxItems, 4) }) },
      { weight: 1, arbitrary: fc.constant([]) },
    );
  }
}

function numbers({ minimum, maximum }: Parsed): Arbitrary<number> {
  const edges = [minimum, maximum]
    .filter((edge) => typeof edge === 'number')
    .flatMap((edge: number) => [edge - 1, edge, edge + 1]);
  const small = fc.integer({ min: 0, max: 40 });
  return edges.length > 0 ? fc.oneof(small, fc.constantFrom(...edges)) : small;
}

function texts({ minLength = 0, maxLength, examples = [] }: Parsed): Arbitrary<string> {
  const edges = [minLength - 1, minLength, maxLength, maxLength + 1].filter((edge) => edge >= 0 && edge <= 300);
  const choices: Arbitrary<string>[] = [fc.string({ maxLength: 20 }), fc.stringMatching(/^[a-z]{3,12}$/)];
  if (edges.length > 0) choices.push(fc.constantFrom(...edges).map((edge: number) => 'x'.repeat(edge)));
  if (examples.length > 0) choices.push(fc.constantFrom(...(examples as string[])));
  return fc.oneof(...choices);
}

/** Fields by which a request is recognised: without them little of it is looked at. */
const FRAMING = new Set<string | number>(['type', 'v', 'mode', 'domain', 'command', 'request_id', 'payload']);

/** A place in a value, picked by a number that knows nothing of it; in seven of eight cases one that does not say what the value is. */
function placeIn(value: Parsed, pick: number): (string | number)[] {
  const places: (string | number)[][] = [];
  const visit = (part: Parsed, path: (string | number)[]): void => {
    if (path.length > 0) places.push(path);
    if (typeof part !== 'object' || part === null || path.length > 6) return;
    for (const key of Object.keys(part)) visit(part[key], [...path, Array.isArray(part) ? Number(key) : key]);
  };
  visit(value, []);
  const inner = places.filter(([key = '', ...rest]) => rest.length > 0 || !FRAMING.has(key));
  const chosen = pick % 8 === 0 || inner.length === 0 ? places : inner;
  return chosen[(pick >> 3) % Math.max(1, chosen.length)] ?? [];
}

/** Also of objects that cannot be one. */
export const asText = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

type Change = (value: Parsed, path: readonly (string | number)[]) => Parsed;

/** A copy in which something else stands at a place; `undefined` takes the place away. */
const put = (value: Parsed, [key, ...rest]: readonly (string | number)[], given: (old: Parsed) => unknown): Parsed => {
  if (key === undefined) return given(value);
  const copy = Array.isArray(value) ? [...value] : { ...value };
  if (Array.isArray(copy) && typeof key !== 'number') return copy;
  // An own property, whatever its name.
  Object.defineProperty(copy, key, {
    ...{ value: put(value?.[key], rest, given), enumerable: true, configurable: true, writable: true },
  });
  return copy;
};

const change: Arbitrary<Change> = fc.oneof(
  {
    weight: 6,
    arbitrary: oddValue.map(
      (given): Change =>
        (value, path) =>
          put(value, path, () => given),
    ),
  },
  {
    weight: 3,
    arbitrary: oddText.map(
      (given): Change =>
        (value, path) =>
          put(value, path, () => given),
    ),
  },
  {
    weight: 3,
    arbitrary: oddNumber.map(
      (given): Change =>
        (value, path) =>
          put(value, path, () => given),
    ),
  },
  { weight: 3, arbitrary: fc.constant<Change>((value, path) => put(value, path, () => undefined)) },
  { weight: 2, arbitrary: fc.constant<Change>((value, path) => put(value, path, (old) => [old])) },
  { weight: 2, arbitrary: fc.constant<Change>((value, path) => put(value, path, asText)) },
  {
    weight: 2,
    arbitrary: oddText.map(
      (given): Change =>
        (value, path) =>
          put(value, path, (old) => `${asText(old)}${given}`),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(oddKey, oddValue).map(
      ([key, given]): Change =>
        (value, path) =>
          put(value, [...path.slice(0, -1), key], () => given),
    ),
  },
);

const hugeChange: Arbitrary<Change> = hugeText.map(
  (given): Change =>
    (value, path) =>
      put(value, path, () => given),
);

/** A value with up to three things wrong with it; one in four has none. */
export function mutated(good: Arbitrary<unknown>): Arbitrary<unknown> {
  const changes = fc.oneof(
    { weight: 12, arbitrary: fc.constant<[number, Change][]>([]) },
    { weight: 35, arbitrary: fc.array(fc.tuple(fc.nat(), change), { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.tuple(fc.tuple(fc.nat(), hugeChange)) },
  );
  return fc
    .tuple(good, changes)
    .map(([value, list]) => list.reduce((given: Parsed, [pick, apply]) => apply(given, placeIn(given, pick)), value));
}

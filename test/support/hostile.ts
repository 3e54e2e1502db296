import fc, { type Arbitrary } from 'fast-check';

/** How often every property is tried; each has a number of its own without it. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 0);

/**
 * How a property is run. A failure prints its seed; FUZZ_SEED=<seed> repeats it.
 * @param runs unless FUZZ_RUNS says otherwise
 */
export const fuzzing = (runs: number): fc.Parameters<unknown> => ({
  numRuns: RUNS > 0 ? RUNS : runs,
  ...(process.env['FUZZ_SEED'] ? { seed: Number(process.env['FUZZ_SEED']) } : {}),
});

const constants = (...values: readonly unknown[]): Arbitrary<unknown> => fc.constantFrom(...values);

const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'toJSON',
  'then',
  'length',
  'type',
  '',
  '$ne',
  'a.b',
  '0',
];

/** Any UTF-16, lone surrogates and NUL included. */
const utf16 = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)), maxLength: 40 });

/** Text that has broken something somewhere. */
export const hostileText: Arbitrary<string> = fc.oneof(
  utf16,
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 200 }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\ud800',
    'abc\udfff',
    '\u202e',
    '\ufeff',
    '__proto__',
    '../../../../etc/passwd',
    "' OR 1=1 --",
    '%00',
    '%s%n%x',
    '${7*7}',
    '<script>alert(1)</script>',
    'null',
    'NaN',
    '-1',
    '1e309',
    '9'.repeat(400),
    'a'.repeat(129),
    'é'.repeat(70_000),
    'a@b',
    'x@x.x'.repeat(60),
    '2024-02-30T25:61:61Z',
    '🏳️‍🌈'.repeat(30),
    'ﷺ'.repeat(50),
    'e' + '\u0301'.repeat(500),
  ),
);

const hostileNumber = constants(
  0,
  -0,
  -1,
  1.5,
  1e21,
  1e308,
  -1e308,
  5e-324,
  2 ** 31,
  2 ** 53,
  2 ** 53 + 2,
  2 ** 63,
  2 ** 64,
  -(2 ** 63),
);

/** Any JSON value, with the keys and depths that nobody sends by mistake. */
export const hostileValue: Arbitrary<unknown> = fc.letrec<{ value: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(hostileText, hostileNumber, constants(null, true, false), fc.double(), fc.maxSafeInteger()),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.oneof(constants(...KEYS), hostileText) as Arbitrary<string>, tie('value')), { maxLength: 4 })
      .map((entries) => Object.fromEntries(entries)),
  ),
})).value;

type Fields = Readonly<Record<string, unknown>>;

/** A good object with one to three things wrong: a field that is something else, left out, or more than there should be. */
export function spoiled(good: Fields): Arbitrary<Fields> {
  const names = Object.keys(good);
  const name = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...names, 'x') },
    { weight: 1, arbitrary: fc.constantFrom(...KEYS) },
  );
  const change = fc.oneof(
    fc.tuple(name, hostileValue).map(
      ([key, value]) =>
        (fields: Fields) =>
          Object.fromEntries([...Object.entries(fields), [key, value]]),
    ),
    name.map((key) => (fields: Fields) => Object.fromEntries(Object.entries(fields).filter(([other]) => other !== key))),
    name.map(
      (key) => (fields: Fields) =>
        Object.fromEntries(Object.entries(fields).map(([other, value]) => [other, other === key ? [value] : value])),
    ),
  );
  return fc
    .array(change, { minLength: 0, maxLength: 3 })
    .map((changes) => changes.reduce((fields, apply) => apply(fields), good));
}

const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value) ?? 'null', 'utf8');

/** Nesting that a parser survives and whatever walks its result may not. */
const deep: Arbitrary<Buffer> = fc
  .tuple(fc.constantFrom('[', '{"a":', '[[{"a":'), fc.constantFrom(50, 64, 65, 200, 5_000, 60_000), fc.boolean())
  .map(([open, times, closed]) =>
    Buffer.from(open.repeat(times) + (closed ? '1' + (open === '[' ? ']' : '}').repeat(times) : '')),
  );

/** JSON with a byte changed, cut off (within a character, too), or doubled. */
const damaged = (good: Arbitrary<Fields>): Arbitrary<Buffer> =>
  fc
    .tuple(good, fc.nat(), fc.nat({ max: 255 }), fc.constantFrom('flip', 'cut', 'double', 'prefix'))
    .map(([fields, at, byte, how]) => {
      const bytes = bytesOf({ ...fields, pad: 'é€😀' });
      const place = at % bytes.length;
      if (how === 'cut') return bytes.subarray(0, place);
      if (how === 'double') return Buffer.concat([bytes, bytes]);
      if (how === 'prefix') return Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf, byte), bytes]);
      bytes[place] = byte;
      return bytes;
    });

const formOf = (fields: Fields): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name.replace(/[&=]/g, '%')}=${(JSON.stringify(value) ?? '').replace(/[&=]/g, '%')}`)
    .join('&');

/** What may come where JSON like `good` is expected: mostly JSON. */
export function hostileBody(good: Fields): Arbitrary<Buffer> {
  return fc.oneof(
    { weight: 8, arbitrary: spoiled(good).map(bytesOf) },
    { weight: 3, arbitrary: hostileValue.map(bytesOf) },
    { weight: 2, arbitrary: damaged(spoiled(good)) },
    { weight: 1, arbitrary: deep },
    { weight: 1, arbitrary: spoiled(good).map((fields) => Buffer.from(formOf(fields))) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('', ' ', 'null', '1e999', '{"a":1e400}', '{"a":-0}', '"\\ud800"', '{}', '[]', '\u2028')
        .map((text) => Buffer.from(text)),
    },
  );
}

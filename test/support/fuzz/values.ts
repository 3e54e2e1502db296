import fc, { type Arbitrary } from 'fast-check';

/** Characters that a server might count, normalise, escape, order or encode wrongly. */
const ODDITIES = [
  '\0',
  '\u0001',
  '\u007f',
  '\u0085',
  '\ud800',
  '\udfff',
  'a\udc00\ud800b',
  '\u202e',
  '\u2066\u2067',
  '\u200b',
  '\u200d',
  '\ufeff',
  '\ufffd',
  '\uffff',
  '\u2028',
  '\u2029',
  'e\u0301',
  'İ',
  'ﷺ',
  '🏳️‍🌈',
  '\u{10ffff}',
  '\r\n',
  '\u001b[31m',
] as const;

const WORDS = [
  '',
  ' ',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'NaN',
  'true',
  '-1',
  '1e309',
  "' OR 1=1 --",
  '../../etc/passwd',
  '%00',
  '%s%n',
  '${7*7}',
  '<script>',
  'a@b',
  '2024-02-30T25:61:61Z',
] as const;

/** Around what fields and frames may hold at most. */
const LENGTHS = [1, 2, 63, 64, 65, 127, 128, 129, 200, 201, 1_000, 4_096] as const;
const RARE_LENGTHS = [65_536, 65_537, 131_072] as const;

const long = (lengths: readonly number[]): Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom('a', 'é', '€', '😀', ' ', '"', '\\', '\0', '['), fc.constantFrom(...lengths))
    .map(([unit, length]) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length));

/** Any UTF-16, also what is no text. (fast-check's own unit of this kind takes seconds to set up.) */
const anyText = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 }).map((codes) => String.fromCharCode(...codes));

/** Text that has broken something somewhere. */
export const oddText: Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...WORDS) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom('', 'a', 'word'), fc.constantFrom(...ODDITIES), fc.constantFrom('', 'b'))
      .map((parts) => parts.join('')),
  },
  { weight: 3, arbitrary: anyText },
  { weight: 3, arbitrary: long(LENGTHS) },
);

/** Text so long that few cases may have it. */
export const hugeText = long(RARE_LENGTHS);

export const oddNumber: Arbitrary<number> = fc.constantFrom(
  ...[0, -0, 1, -1, 1.5, -0.5, 127, 128, 255, 256, 32_767, 32_768, 65_535, 65_536],
  ...[2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64, -(2 ** 63)],
  ...[1e21, 1e308, -1e308, 5e-324],
);

const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toJSON',
  'then',
  'length',
  'type',
  'token',
  '',
  '$ne',
  'a.b',
  '0',
] as const;

const leaf: Arbitrary<unknown> = fc.oneof(oddText, oddNumber, fc.constantFrom(null, true, false, [], {}));

/** Any JSON value: mostly small, with keys that nobody sends by mistake. */
export const oddValue: Arbitrary<unknown> = fc.oneof(
  { weight: 8, arbitrary: leaf },
  { weight: 2, arbitrary: fc.array(leaf, { maxLength: 3 }) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.tuple(fc.oneof(fc.constantFrom<string>(...KEYS), oddText), leaf), { maxLength: 3 })
      .map((entries) => Object.fromEntries(entries)),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(leaf, fc.constantFrom(3, 30, 62, 64, 66, 500)).map(([value, levels]) => nested(value, levels)),
  },
);

function nested(value: unknown, levels: number): unknown {
  let result = value;
  for (let level = 0; level < levels; level += 1) result = level % 2 ? { a: result } : [result];
  return result;
}

export const oddKey: Arbitrary<string> = fc.oneof(fc.constantFrom<string>(...KEYS), oddText);

import fc, { type Arbitrary } from 'fast-check';

/** What can be done to JSON after it was written. */
const damage: Arbitrary<(text: string) => string> = fc.oneof(
  fc.nat().map((at) => (text: string) => text.slice(0, at % (text.length + 1))),
  fc.tuple(fc.nat(), fc.integer({ min: 0, max: 0xffff })).map(([at, code]) => (text: string) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + String.fromCharCode(code) + text.slice(place + 1);
  }),
  fc.constantFrom(
    (text: string) => text + text,
    (text: string) => `\ufeff${text}`,
    (text: string) => ` \n\t${text} `,
    (text: string) => `${text}\0`,
    (text: string) => `${text}]`,
    (text: string) => text.replace(/"([a-z_]+)":/, '"$1":null,"$1":'),
    (text: string) => text.replace(/"([a-z_]+)":/, '"\\u00$1":'),
    (text: string) => text.replace(/:\d+/, ':1e400'),
    (text: string) => text.replace(/:\d+/, ':-0'),
    (text: string) => text.replace(/:\d+/, ':01'),
    (text: string) => text.replace(/:\d+/, ':9007199254740993'),
    (text: string) => text.replace(/:/, ':'.padEnd(200, ' ')),
    (text: string) => text.replaceAll('"', "'"),
    (text: string) => `[${text}]`,
    (text: string) => `{"a":${text}}`,
    (text: string) => JSON.stringify(text),
  ),
);

/** Text that is no JSON object whatever a protocol makes of it. */
export const noObject: Arbitrary<string> = fc.constantFrom(
  ...[
    '',
    ' ',
    'null',
    'true',
    '17',
    '-0',
    '1e400',
    '"text"',
    '[]',
    '[{}]',
    '{',
    '}',
    '{"a"',
    "{'a':1}",
    '{"a":1,}',
    'undefined',
    'NaN',
  ],
  ...['\u2028', '\0', '['.repeat(5_000), '{"a":'.repeat(5_000), `${'['.repeat(70)}${']'.repeat(70)}`],
);

const untouched = (text: string): string => text;

/** The JSON of values, whole for most of them. */
export const written = (values: Arbitrary<unknown>): Arbitrary<string> =>
  fc
    .tuple(values, fc.oneof({ weight: 8, arbitrary: fc.constant(untouched) }, { weight: 1, arbitrary: damage }))
    .map(([value, apply]) => apply(JSON.stringify(value) ?? 'null'));

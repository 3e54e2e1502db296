import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CoreError, type Issue } from '../../src/errors/catalogue.js';
import { Anything, Email, fieldsOf, Flag, Int, Text, TextList } from '../../src/validation/fields.js';
import { check, schemaOf, validate } from '../../src/validation/validate.js';

class Sample {
  @Text({ min: 3, max: 5, normalize: 'NFKC', pattern: /^[\p{L}\d]+$/u })
  name!: string;

  @Email({ optional: true })
  email?: string;

  @Int({ min: 0, max: 1000, optional: true })
  limit = 100;

  @Flag({ optional: true })
  flag?: boolean;

  @Text({ optional: true, nullable: true })
  note?: string | null;

  @TextList({ max: 2, optional: true }, { max: 3 })
  tags?: string[];

  @Anything()
  anything?: unknown;
}

function issuesOf(input: unknown, source: 'body' | 'query' = 'body'): readonly Issue[] {
  try {
    validate(Sample, input, source);
    return [];
  } catch (error) {
    if (error instanceof CoreError && error.code === 'invalid_input') return error.issues;
    throw error;
  }
}

describe('validate', () => {
  it('takes declared fields only, normalised, with the defaults of the class', () => {
    const value = validate(Sample, { name: 'ａbc', is_superuser: true, __proto__: { polluted: true } }, 'body');
    expect(value).toEqual(Object.assign(new Sample(), { name: 'abc', limit: 100 }));
    expect(value).not.toHaveProperty('is_superuser');
    expect(value).not.toHaveProperty('polluted');
  });

  it.each([
    [{}, { loc: ['body', 'name'], msg: 'field required', type: 'value_error.missing' }],
    [{ name: null }, { loc: ['body', 'name'], msg: 'none is not an allowed value', type: 'type_error.none.not_allowed' }],
    [{ name: 5 }, { loc: ['body', 'name'], msg: 'str type expected', type: 'type_error.str' }],
    [
      { name: 'ab' },
      { loc: ['body', 'name'], msg: 'ensure this value has at least 3 characters', type: 'value_error.any_str.min_length' },
    ],
    [
      { name: 'abcdef' },
      { loc: ['body', 'name'], msg: 'ensure this value has at most 5 characters', type: 'value_error.any_str.max_length' },
    ],
    [
      { name: 'abc', email: 'nobody' },
      { loc: ['body', 'email'], msg: 'value is not a valid email address', type: 'value_error.email' },
    ],
    [
      { name: 'abc', email: 'usеr@b.co' },
      { loc: ['body', 'email'], msg: 'value is not a valid email address', type: 'value_error.email' },
    ],
    [
      { name: 'abc', limit: 1.5 },
      { loc: ['body', 'limit'], msg: 'value is not a valid integer', type: 'type_error.integer' },
    ],
    [
      { name: 'abc', limit: '5' },
      { loc: ['body', 'limit'], msg: 'value is not a valid integer', type: 'type_error.integer' },
    ],
    [
      { name: 'abc', limit: -1 },
      { loc: ['body', 'limit'], msg: 'ensure this value is greater than or equal to 0', type: 'value_error.number.not_ge' },
    ],
    [
      { name: 'abc', limit: 1001 },
      { loc: ['body', 'limit'], msg: 'ensure this value is less than or equal to 1000', type: 'value_error.number.not_le' },
    ],
    [
      { name: 'abc', flag: 'true' },
      { loc: ['body', 'flag'], msg: 'value could not be parsed to a boolean', type: 'type_error.bool' },
    ],
    [
      { name: 'abc', tags: ['a', 'long!'] },
      { loc: ['body', 'tags', 1], msg: 'ensure this value has at most 3 characters', type: 'value_error.any_str.max_length' },
    ],
    [[], { loc: ['body'], msg: 'value is not a valid dict', type: 'type_error.dict' }],
    [null, { loc: ['body'], msg: 'value is not a valid dict', type: 'type_error.dict' }],
    [undefined, { loc: ['body'], msg: 'field required', type: 'value_error.missing' }],
  ])('%j is refused in the words of pydantic', (input, issue) => {
    expect(issuesOf(input)).toEqual([issue]);
  });

  it.each(['a\0bc', 'ab\ud800'])('text that PostgreSQL cannot hold is refused: %j', (name) => {
    expect(issuesOf({ name })).toMatchObject([{ loc: ['body', 'name'], type: 'value_error.str.regex' }]);
  });

  it.each(['a@b', 'a@localhost', 'a@127.0.0.1', 'a@[127.0.0.1]', 'a@b.', 'a@b.c'])(
    'an e-mail address needs a domain that mail can be sent to: %s is refused',
    (email) => {
      expect(issuesOf({ name: 'abc', email })).toMatchObject([{ loc: ['body', 'email'], type: 'value_error.email' }]);
    },
  );

  it('counts characters, not UTF-16 units', () => {
    expect(issuesOf({ name: '𝒜𝒷𝒸𝒹𝑒' })).toEqual([]);
  });

  it('lists every fault', () => {
    expect(issuesOf({ email: 'x', limit: -1, flag: 1 }).map(({ loc }) => loc[1])).toEqual(['name', 'email', 'limit', 'flag']);
  });

  it('reads numbers from text, the last of several, where everything is text', () => {
    expect(validate(Sample, { name: 'abc', limit: ['1', '9'] }, 'query').limit).toBe(9);
    expect(issuesOf({ name: 'abc', limit: '1e3' }, 'query')).toMatchObject([
      { loc: ['query', 'limit'], type: 'type_error.integer' },
    ]);
  });

  it("agrees with class-validator about every value, so that Nest's own pipe can be used instead", () => {
    fc.assert(
      fc.property(
        fc.record({ name: fc.anything(), email: fc.anything(), limit: fc.anything(), flag: fc.anything() }, { requiredKeys: [] }),
        (input) => {
          const instance = Object.assign(new Sample(), input);
          const isTaken = 'value' in check(Sample, instance);
          expect(validateSync(instance).length === 0).toBe(isTaken);
        },
      ),
    );
  });

  it('describes a class as JSON Schema', () => {
    expect(schemaOf(Sample)).toMatchObject({
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: 'string', minLength: 3, maxLength: 5 },
        note: { type: ['string', 'null'] },
        tags: { type: 'array', maxItems: 2 },
      },
    });
  });
});

describe('the fields of a class that inherits some', () => {
  class Base {
    @Text()
    first!: string;
  }
  class Derived extends Base {
    @Text()
    second!: string;
  }

  it('are put together once, and anew when another is declared', () => {
    const fields = fieldsOf(Derived);
    expect([...fields.keys()]).toEqual(['first', 'second']);
    expect(fieldsOf(Derived)).toBe(fields);
    Int()(Base.prototype, 'late');
    expect([...fieldsOf(Derived).keys()]).toEqual(['first', 'late', 'second']);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddMembersPayload, CreatePayload } from '../../src/chat/chat.payloads.js';
import { HistoryPayload, ResumePayload, SendPayload } from '../../src/chat/message.payloads.js';
import { CreateMatchPayload, StatePayload } from '../../src/matches/match.payloads.js';
import { checkObject, Flag, Text, objectSchema } from '../../src/validation/fields.js';
import { faultsOf } from '../../web/src/explorer/schema-check.js';
import { type Field, fieldsOf, startOfFields, startPayload, typedJson, typedNumber } from '../../web/src/explorer/schema-form.js';
import type { JsonObject } from '../../web/src/explorer/wire.js';

class SwitchPayload {
  @Flag()
  on!: boolean;

  @Text({ max: 4096, nullable: true, description: 'An access token' })
  token!: string | null;
}

const PAYLOADS = [
  AddMembersPayload,
  CreatePayload,
  HistoryPayload,
  ResumePayload,
  SendPayload,
  CreateMatchPayload,
  SwitchPayload,
];
const formOf = (dto: object): Field[] => fieldsOf(objectSchema(dto));
const named = (fields: readonly Field[], name: string): Field | undefined => fields.find((field) => field.name === name);

describe('forms', () => {
  it('have a control for every kind of field', () => {
    expect(formOf(CreatePayload)).toMatchObject([
      { name: 'chat_type', kind: 'choice', choices: ['personal', 'group'], required: true, nullable: false },
      { name: 'chat_name', kind: 'text', required: false, nullable: true, minLength: 1, maxLength: 200, example: 'The readers' },
      { name: 'members', kind: 'texts', required: true, maxLength: 1_000, example: ['bob'] },
      { name: 'client_chat_id', kind: 'text', required: false, nullable: true, maxLength: 128 },
    ]);
    expect(formOf(SwitchPayload)).toMatchObject([
      { name: 'on', kind: 'flag' },
      { name: 'token', kind: 'text', secret: true },
    ]);
    expect(named(formOf(HistoryPayload), 'limit')).toMatchObject({ kind: 'integer', minimum: 1, maximum: 200, required: false });
    expect(named(formOf(StatePayload), 'data')).toMatchObject({ kind: 'json', required: false, nullable: true });
    const [cursors] = formOf(ResumePayload);
    expect(cursors).toMatchObject({ kind: 'list', maxLength: 128, item: { kind: 'object' } });
    expect(cursors?.item?.fields?.map(({ name, kind }) => [name, kind])).toEqual([
      ['chat_id', 'integer'],
      ['after_seq', 'integer'],
    ]);
  });

  it('take any schema: what they have no control for is JSON', () => {
    const schemas = [
      { type: ['string', 'integer'] },
      { oneOf: [] },
      {},
      { type: 'array' },
      { type: 'object' },
      { enum: [1, 2] },
      true,
      null,
    ];
    for (const schema of schemas)
      expect(fieldsOf({ type: 'object', properties: { x: schema } })).toMatchObject([{ name: 'x', kind: 'json' }]);
    expect(fieldsOf({})).toEqual([]);
    expect(fieldsOf({ properties: 7 })).toEqual([]);
  });

  it('begin with what the server takes', () => {
    for (const dto of PAYLOADS) {
      const fields = formOf(dto);
      const start = startOfFields(fields);
      expect([dto.name, faultsOf(fields, start)]).toEqual([dto.name, []]);
      expect(checkObject(dto as new () => object, start, false)).toHaveProperty('value');
    }
    expect(startPayload(objectSchema(SendPayload), { chat_id: 3, content: 'x' })).toEqual({ chat_id: 3, content: 'x' });
    expect(startPayload(objectSchema(SendPayload), undefined)).toEqual({ chat_id: 7, content: 'Hello!' });
  });
});

describe('the check before sending', () => {
  it('names each fault with its place', () => {
    const fields = formOf(ResumePayload);
    expect(faultsOf(fields, {})).toEqual([{ path: 'cursors', kind: 'required' }]);
    expect(faultsOf(fields, { cursors: [{ chat_id: 'x', after_seq: -1 }, 7] })).toEqual([
      { path: 'cursors.0.chat_id', kind: 'integer' },
      { path: 'cursors.0.after_seq', kind: 'min', limit: 0 },
      { path: 'cursors.1', kind: 'object' },
    ]);
  });

  it('counts characters as the server does', () => {
    const fields = formOf(CreatePayload);
    const named200 = (chat_name: string): JsonObject => ({ chat_type: 'group', chat_name, members: [] });
    expect(faultsOf(fields, named200('😀'.repeat(200)))).toEqual([]);
    expect(faultsOf(fields, named200('😀'.repeat(201)))).toMatchObject([{ kind: 'maxLength', limit: 200 }]);
    expect(faultsOf(fields, named200('a\0'))).toMatchObject([{ kind: 'characters' }]);
    expect(faultsOf(fields, named200('a\ud800'))).toMatchObject([{ kind: 'characters' }]);
  });

  it('agrees with the server on whatever is sent', () => {
    const values = fc.oneof(
      fc.constantFrom(
        undefined,
        null,
        true,
        0,
        1,
        -1,
        2,
        64,
        65,
        200,
        201,
        1.5,
        2 ** 53,
        '',
        'group',
        'personal',
        'admin',
        'a b',
        'text/plain',
      ),
      fc.string({ maxLength: 210, unit: 'binary' }),
      // What lists of texts hold has limits that no schema says.
      fc.array(fc.string({ minLength: 1, maxLength: 64 }), { maxLength: 3 }),
      fc.array(fc.record({ chat_id: fc.constantFrom(1, 'x', null), after_seq: fc.constantFrom(0, -1) }), { maxLength: 3 }),
    );
    for (const dto of PAYLOADS) {
      const fields = formOf(dto);
      const record = fc.record(Object.fromEntries(fields.map(({ name }) => [name, values])));
      fc.assert(
        fc.property(record, (drawn) => {
          const payload = JSON.parse(JSON.stringify(drawn)) as JsonObject;
          const server = checkObject(dto as new () => object, payload, false);
          expect([payload, faultsOf(fields, payload).length === 0]).toEqual([payload, 'value' in server]);
        }),
        { numRuns: 60 },
      );
    }
  });
});

describe('what is typed', () => {
  it('is a number where it means one, else what it is', () => {
    expect(typedNumber(' 42 ', 'integer')).toBe(42);
    for (const text of ['', 'x', '1.5', '9007199254740993', '1e3', '0x10']) expect(typedNumber(text, 'integer')).toBe(text);
    expect(typedNumber('-1.5e2', 'number')).toBe(-150);
    expect(typedNumber('1e999', 'number')).toBe('1e999');
  });

  it('is JSON where it is any, else a text', () => {
    expect(typedJson('{"x":1}')).toEqual({ value: { x: 1 }, isText: false });
    expect(typedJson('hello')).toEqual({ value: 'hello', isText: true });
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, TestServer } from '../support/server.js';
import { RawSocket } from '../support/raw-socket.js';
import { ACCOUNT_DRIVERS } from './drivers/accounts.js';
import type { AccountDriver, Fields, Outcome } from './drivers/driver.js';
import { errorBody, expectFault } from './words.js';

type FieldName = keyof Fields;

/** What is wrong with a value, and the `type` and `msg` that FastAPI's list says of it (§4). */
type Bad = readonly [what: string, value: unknown, type: string, msg?: string];

const MISSING: Bad = ['missing', undefined, 'value_error.missing', 'field required'];
const NUMBER: Bad = ['a number', 12345678, 'type_error.str', 'str type expected'];
const NULL: Bad = ['null', null, 'type_error.none.not_allowed'];
const OBJECT: Bad = ['an object', { $ne: '' }, 'type_error.str', 'str type expected'];
const NUL: Bad = ['text with NUL', 'corr\0ect horse', 'value_error.str.regex'];
const SURROGATE: Bad = ['text with a lone surrogate', 'corr\ud800ect horse', 'value_error.str.regex'];
const tooShort = (least: number): Bad => [
  'too short',
  'x'.repeat(least - 1),
  'value_error.any_str.min_length',
  `ensure this value has at least ${least} characters`,
];
const tooLong = (most: number): Bad => [
  'too long',
  'x'.repeat(most + 1),
  'value_error.any_str.max_length',
  `ensure this value has at most ${most} characters`,
];
const NO_ADDRESS = ['value_error.email', 'value is not a valid email address'] as const;

const REGISTER: Readonly<Record<FieldName, readonly Bad[]>> = {
  username: [
    ...[MISSING, NUMBER, NULL, OBJECT, NUL, SURROGATE, tooShort(3), tooLong(64)],
    ['with @', 'name@host', 'value_error.str.regex'],
    ['with a space', 'a name', 'value_error.str.regex'],
    ['of 10,000 combining marks', 'a\u0301'.repeat(5000), 'value_error.any_str.max_length'],
  ],
  password: [MISSING, NUMBER, NULL, OBJECT, NUL, SURROGATE, tooShort(8), tooLong(128)],
  email: [
    ...[MISSING, NUMBER, NULL, OBJECT],
    ['no address', 'somebody', ...NO_ADDRESS],
    ['of two lines', 'a@example.com\r\nBcc: b@example.com', ...NO_ADDRESS],
    ['with Cyrillic letters', 'us\u0435r@example.com', ...NO_ADDRESS],
    ['too long', `${'x'.repeat(250)}@example.com`, ...NO_ADDRESS],
  ],
};

const LOG_IN: Readonly<Partial<Record<FieldName, readonly Bad[]>>> = {
  username: [MISSING, NUMBER, NULL, OBJECT, NUL, SURROGATE, tooLong(320)],
  password: [MISSING, NUMBER, NULL, OBJECT, NUL, SURROGATE, tooLong(128)],
};

type Case = [field: FieldName, what: string, value: unknown, type: string, msg: string | undefined];

const casesOf = (table: Partial<Record<FieldName, readonly Bad[]>>): Case[] =>
  Object.entries(table).flatMap(([field, faults]) =>
    faults.map(([what, value, type, msg]): Case => [field as FieldName, what, value, type, msg]),
  );

/** That invalid input is answered as §4 says. */
function expectInvalid(
  { protocol, nameField }: AccountDriver,
  { status, body }: Outcome,
  field: FieldName,
  type: string,
  msg?: string,
) {
  const name = field === 'username' ? nameField : field;
  if (protocol === 'rest') {
    const issue = { loc: ['body', name], type, msg: msg ?? expect.any(String) };
    expect({ status, body }).toEqual({ status: 422, body: { detail: [issue] } });
    return;
  }
  expect({ status, body }).toEqual({ status: 400, body: errorBody(protocol, 400, protocol === 'mcp' ? 'Bad Request' : null) });
  if (protocol === 'game') expect(body.detail).toContain(name);
}

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

const GOOD = { username: 'somebody', email: 'somebody@example.com', password: PASSWORD };

describe.each(ACCOUNT_DRIVERS)('bad input through $protocol', (driver) => {
  const { protocol } = driver;
  const isOptional = (field: FieldName, value: unknown): boolean =>
    protocol === 'mcp' && field === 'email' && (value === undefined || value === null);

  it.each(casesOf(REGISTER).filter(([field, , value]) => !isOptional(field, value)))(
    'refuses to register with %s %s',
    async (field, _what, value, type, msg) => {
      expectInvalid(driver, await driver.register(server, { ...GOOD, [field]: value }), field, type, msg);
    },
  );

  it.each(casesOf(LOG_IN))('refuses to log in with %s %s', async (field, _what, value, type, msg) => {
    const { email: _email, ...good } = GOOD;
    expectInvalid(driver, await driver.logIn(server, { ...good, [field]: value }), field, type, msg);
  });

  it('takes a password that is too short for a wrong one', async () => {
    expectFault(protocol, await driver.logIn(server, { username: 'somebody', password: 'x' }), 'wrong credentials');
  });

  it.each([
    ['half an object', '{"username": "some'],
    ['no JSON at all', 'username=somebody'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d])],
    ['5,000 brackets', '['.repeat(5000) + ']'.repeat(5000)],
  ])('cannot parse %s', async (_what, body) => {
    // The messenger's frames are text, and a text frame of invalid UTF-8 ends the connection (RFC 6455 §8.1).
    const outcome = await driver.sendRaw(server, protocol === 'messenger' ? body.toString('latin1') : body);
    expectFault(protocol, outcome, 'unparsable');
  });

  it.each(['[]', 'null', '17', '"text"', 'true'])('refuses %s in the place of an object', async (body) => {
    const { status } = await driver.sendRaw(server, body);
    expect(status).toBe(protocol === 'rest' ? 422 : 400);
  });

  it('is not polluted by __proto__ and constructor', async () => {
    const body = '{"__proto__":{"username":"somebody","password":"long enough"},"constructor":{"prototype":{"x":1}}}';
    expect((await driver.sendRaw(server, body)).status).toBe(protocol === 'rest' ? 422 : 400);
    expect(Reflect.get({}, 'username')).toBeUndefined();
    expect(Reflect.get({}, 'x')).toBeUndefined();
  });
});

const HTTP_DRIVERS = ACCOUNT_DRIVERS.filter(({ protocol }) => protocol !== 'messenger');

describe.each(HTTP_DRIVERS)('bodies through $protocol', (driver) => {
  const { protocol, nameField } = driver;
  const json = JSON.stringify({ [nameField]: 'somebody', password: PASSWORD });

  it.each(['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/jsonx'])(
    'refuses the content type %s',
    async (type) => {
      const { status, body } = await driver.sendRaw(server, json, type);
      expect({ status, body }).toEqual({ status: 415, body: errorBody(protocol, 415, null) });
    },
  );

  it.each([
    'application/json; charset=utf-8',
    'application/json ; charset=UTF-8',
    'Application/JSON',
    'application/vnd.api+json',
  ])('takes the content type %s', async (type) => {
    expectFault(protocol, await driver.sendRaw(server, json, type), 'wrong credentials');
  });

  it('takes a body of 1 MiB and refuses a larger one', async () => {
    const padded = (bytes: number): string => `${json.slice(0, -1)}${' '.repeat(bytes - json.length)}}`;
    expectFault(protocol, await driver.sendRaw(server, padded(1024 * 1024)), 'wrong credentials');
    expectFault(protocol, await driver.sendRaw(server, padded(1024 * 1024 + 1)), 'too large');
  });
});

describe('a list of faults', () => {
  it('of rest names all of them, in the order of the fields', async () => {
    const { status, body } = await server.client().post('/api/v1/auth/register', { email: 'x', password: 'short' });
    expect(status).toBe(422);
    expect(body.detail.map(({ loc }: { loc: string[] }) => loc)).toEqual([
      ['body', 'email'],
      ['body', 'username'],
      ['body', 'password'],
    ]);
  });
});

describe('an oversize frame of the messenger', () => {
  it('closes with 1009 instead of 413', async () => {
    const socket = await RawSocket.open(`${server.wsUrl}/`);
    socket.send(JSON.stringify({ mode: 'auth', username: 'x'.repeat(1024 * 1024) }));
    expect((await socket.closed).code).toBe(1009);
  });
});

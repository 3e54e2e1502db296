import { expect } from 'vitest';
import type { AccountProtocol, Outcome } from './drivers/driver.js';

/** The faults of §4 that a log-in or a registration can end with. */
export type Fault =
  | 'unparsable'
  | 'wrong credentials'
  | 'no token'
  | 'not allowed'
  | 'no such thing'
  | 'taken'
  | 'too many'
  | 'too large'
  | 'away';

/** Status and words of §4; null where the contract gives a status alone. */
const WORDS: Readonly<Record<AccountProtocol, Readonly<Record<Fault, readonly [status: number, words: string | null]>>>> = {
  game: {
    unparsable: [400, null],
    'wrong credentials': [401, 'Invalid username or password.'],
    'no token': [401, 'Not authenticated'],
    'not allowed': [403, 'Not enough permissions'],
    'no such thing': [404, 'Resource not found'],
    taken: [409, 'User with this username or email already exists.'],
    'too many': [429, 'Too many requests'],
    'too large': [413, null],
    away: [503, 'Service unavailable'],
  },
  rest: {
    unparsable: [400, 'Invalid request parameters'],
    'wrong credentials': [401, 'Invalid username or password'],
    'no token': [401, 'Not authenticated'],
    'not allowed': [403, 'Not enough permissions'],
    'no such thing': [404, 'Resource not found'],
    taken: [400, 'User with this username or email already exists.'],
    'too many': [429, 'Too many requests'],
    'too large': [413, null],
    away: [503, null],
  },
  mcp: {
    unparsable: [400, 'Bad Request'],
    'wrong credentials': [401, 'Unauthorized'],
    'no token': [401, null],
    'not allowed': [403, 'Forbidden'],
    'no such thing': [404, 'Not Found'],
    taken: [409, 'Conflict'],
    'too many': [429, 'Too Many Requests'],
    'too large': [413, null],
    away: [503, null],
  },
  messenger: {
    unparsable: [400, null],
    'wrong credentials': [401, null],
    'no token': [401, null],
    'not allowed': [403, null],
    'no such thing': [404, null],
    taken: [409, null],
    'too many': [429, null],
    'too large': [413, null],
    away: [503, null],
  },
};

const sentence = expect.stringMatching(/\w/);

/** The body of an error in a protocol's form, with the given words or with any. */
export function errorBody(protocol: AccountProtocol, status: number, words: string | null): object {
  const text: unknown = words ?? sentence;
  switch (protocol) {
    case 'game':
      return { success: false, detail: text };
    case 'rest':
      return { detail: text };
    case 'mcp':
      return { error: text };
    case 'messenger':
      return { mode: expect.any(String), timestamp: expect.any(Number), status, error: text };
  }
}

/** That an answer is this fault, in the words of its protocol. */
export function expectFault(protocol: AccountProtocol, outcome: Outcome, fault: Fault): void {
  const [status, words] = WORDS[protocol][fault];
  expect({ status: outcome.status, body: outcome.body }).toEqual({ status, body: errorBody(protocol, status, words) });
  if (outcome.headers === null) return;
  expect(outcome.headers.get('x-request-id')).toMatch(/\w/);
  expect(outcome.headers.get('content-type')).toMatch(/^application\/json/);
  if (protocol === 'rest' && status === 401) expect(outcome.headers.get('www-authenticate')).toBe('Bearer');
  if (status === 429 || status === 503) expect(Number(outcome.headers.get('retry-after'))).toBeGreaterThan(0);
}

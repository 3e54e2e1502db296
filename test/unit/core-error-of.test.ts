import { describe, expect, it } from 'vitest';
import { CoreError } from '../../src/errors/catalogue.js';
import { coreErrorOf } from '../../src/errors/core-error-of.js';

const withCode = (code: string): Error => Object.assign(new Error('of a test'), { code });

describe('coreErrorOf', () => {
  it.each(['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'ECONNREFUSED', '40001', '40P01', '08006', '57P01'])(
    '%s: the database is away for the moment',
    (code) => expect(coreErrorOf(withCode(code))).toMatchObject({ code: 'unavailable' }),
  );

  it.each(['timeout expired', 'timeout exceeded when trying to connect', 'Connection terminated unexpectedly'])(
    '«%s»: so it is',
    (message) => expect(coreErrorOf(new Error(message))).toMatchObject({ code: 'unavailable' }),
  );

  it.each([withCode('23505'), withCode('42703'), new Error('something else'), 'a text'])('%s is a fault of ours', (thrown) =>
    expect(coreErrorOf(thrown)).toMatchObject({ code: 'internal', cause: thrown }),
  );

  it('leaves a core error as it is', () => {
    const error = new CoreError('conflict');
    expect(coreErrorOf(error)).toBe(error);
  });
});

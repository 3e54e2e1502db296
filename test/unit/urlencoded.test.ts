import { describe, expect, it } from 'vitest';
import { CoreError } from '../../src/errors/catalogue.js';
import { parseFormBody, parseQuery } from '../../src/http/urlencoded.js';

const NO_UTF8 = ['%ff', '%c3', '%c0%80', '%ed%a0%80', '%e2%82', '%', '%4', '%zz', 'x%ff%41'];

describe('form input', () => {
  it('keeps the last of a field given twice, and touches no prototype', () => {
    const form = parseFormBody(Buffer.from('a=1&a=2&__proto__=x&b%5Bc%5D=3+4'));
    expect(form).toMatchObject({ a: '2', 'b[c]': '3 4' });
    expect(Object.getPrototypeOf(form)).toBe(Object.prototype);
  });

  it('is read as browsers write it', () => {
    const fields = { 'a&b': 'c=d', plus: '1 + 1', text: 'pässwörd 🔑 %ff', nothing: '' };
    expect(parseFormBody(Buffer.from(new URLSearchParams(fields).toString()))).toEqual(fields);
    expect(parseFormBody(Buffer.from('&&a=b=c&d&=e&'))).toEqual({ a: 'b=c', d: '', '': 'e' });
    expect(parseFormBody(Buffer.alloc(0))).toEqual({});
  });

  it('that is no UTF-8 is refused, as bytes and percent-encoded, in values and in names', () => {
    expect(() => parseFormBody(Buffer.from([0x61, 0x3d, 0xff]))).toThrow(new CoreError('malformed'));
    for (const part of NO_UTF8) {
      expect(() => parseFormBody(Buffer.from(`a=${part}`)), part).toThrow(new CoreError('malformed'));
      expect(() => parseFormBody(Buffer.from(`a=1&${part}=2`)), part).toThrow(new CoreError('malformed'));
    }
  });
});

describe('a query string', () => {
  it('keeps the last of a parameter given twice, and touches no prototype', () => {
    const query = parseQuery('q=1&q=a+b%20c&__proto__=x');
    expect(query).toMatchObject({ q: 'a b c' });
    expect(Object.getPrototypeOf(query)).toBe(Object.prototype);
  });

  it('that is no UTF-8 becomes nothing that could be taken for text', () => {
    for (const part of NO_UTF8) expect(parseQuery(`q=${part}`).q?.isWellFormed(), part).toBe(false);
  });
});

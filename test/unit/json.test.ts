import { describe, expect, it } from 'vitest';
import { CoreError } from '../../src/errors/catalogue.js';
import { parseJson, parseJsonBody } from '../../src/validation/json.js';

describe('JSON input', () => {
  it('is taken as it is', () => {
    expect(parseJson('{"a": [1, "[[{{\\"", {"b": null}]}')).toEqual({ a: [1, '[[{{"', { b: null }] });
  });

  it('may nest 64 deep and no deeper, however the brackets are mixed', () => {
    const nested = (depth: number): string => '[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2);
    expect(parseJson(nested(64))).toBeDefined();
    expect(parseJson(nested(66))).toBeUndefined();
    expect(parseJson('['.repeat(100_000))).toBeUndefined();
  });

  it('may have any brackets inside strings, escaped quotes and backslashes included', () => {
    const text = `${'['.repeat(500)}"\\`;
    expect(parseJson(JSON.stringify([text, { [text]: text }]))).toEqual([text, { [text]: text }]);
  });

  it('may hold 20,000 values and not many more, since each costs time, but any commas inside strings', () => {
    const list = (count: number): string => JSON.stringify(Array(count).fill(0));
    expect(parseJson(list(20_000))).toHaveLength(20_000);
    expect(parseJson(list(20_002))).toBeUndefined();
    const keys = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`k${i}`, 0]));
    expect(parseJson(JSON.stringify(keys))).toBeUndefined();
    expect(parseJson(JSON.stringify(',:'.repeat(100_000)))).toHaveLength(200_000);
  });

  it('that is no UTF-8 is refused, not patched', () => {
    expect(() => parseJsonBody(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toThrow(new CoreError('malformed'));
    expect(parseJsonBody(Buffer.from('"ü"'))).toBe('ü');
  });

  it('that is empty is none', () => {
    expect(parseJsonBody(Buffer.alloc(0))).toBeUndefined();
  });
});

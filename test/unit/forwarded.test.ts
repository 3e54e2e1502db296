import { describe, expect, it } from 'vitest';
import { forwardedAddress, normalizeForwardedFor } from '../../src/http/forwarded.js';

const normalized = (header: string): string | undefined => {
  const headers: Record<string, string> = { 'x-forwarded-for': header };
  normalizeForwardedFor({ headers });
  return headers['x-forwarded-for'];
};

describe('X-Forwarded-For', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:51234', '203.0.113.7'],
    [' "203.0.113.7:51234" ', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['[::ffff:203.0.113.7]:443', '203.0.113.7'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['"[2001:db8::1]:443"', '2001:db8::1'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['[0:0:0:0:0:FFFF:203.0.113.7]:443', '203.0.113.7'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%eth0]:80', 'fe80::1'],
  ])('reads the address in %s', (element, address) => {
    expect(forwardedAddress(element)).toBe(address);
  });

  it.each([
    '',
    'unknown',
    '_hidden',
    'localhost',
    '203.0.113.7:1:2',
    '203.0.113.7:http',
    '203.0.113',
    '010.0.0.1',
    '[203.0.113.7',
    '2001:db8::1]:80',
    'for=1.2.3.4',
  ])('finds no address in "%s"', (element) => {
    expect(forwardedAddress(element)).toBeNull();
  });

  it('keeps the order of the chain', () => {
    expect(normalized('198.51.100.1:1, [2001:db8::2]:2,203.0.113.3')).toBe('198.51.100.1, 2001:db8::2, 203.0.113.3');
  });

  it('ends the chain at an element that is no address, so that the proxy that wrote it counts', () => {
    expect(normalized('198.51.100.1, unknown, 203.0.113.3')).toBe('203.0.113.3');
    expect(normalized('198.51.100.1, unknown')).toBeUndefined();
  });

  it('skips empty elements', () => {
    expect(normalized(' , 203.0.113.3,, ')).toBe('203.0.113.3');
    expect(normalized(',')).toBeUndefined();
  });

  it('reads a very long header in linear time', () => {
    const from = performance.now();
    normalized(`${'"'.repeat(100_000)}${':'.repeat(100_000)}`);
    expect(performance.now() - from).toBeLessThan(200);
  });
});

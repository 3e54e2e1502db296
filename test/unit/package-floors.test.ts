import { describe, expect, it } from 'vitest';
import { faultsOf, type Lock, type Rules } from '../../scripts/floors.mjs';

const rules = (part: Partial<Rules>): Rules => ({ floors: [], single: [], exact: [], ...part });
const lock = (versions: Record<string, string>): Lock => ({
  packages: Object.fromEntries(Object.entries(versions).map(([path, version]) => [path, { version }])),
});

describe('the floors of packages', () => {
  const floor = rules({ floors: [{ package: 'ws', atLeast: '8.21.0', because: 'a hole' }] });

  it.each(['8.21.0', '8.21.1', '8.100.0', '9.0.0', '8.21.0-rc.1'])('let %s pass', (version) => {
    expect(faultsOf(floor, lock({ 'node_modules/ws': version }), {})).toEqual([]);
  });

  it.each(['8.20.9', '8.3.99', '7.99.99'])('do not let %s pass', (version) => {
    expect(faultsOf(floor, lock({ 'node_modules/ws': version }), {})).toEqual([
      `node_modules/ws is ${version}, must be at least 8.21.0: a hole`,
    ]);
  });

  it('hold for copies inside other packages, and for nothing of a similar name', () => {
    const found = lock({
      'node_modules/ws': '8.21.0',
      'node_modules/a/node_modules/ws': '8.1.0',
      'node_modules/@types/ws': '1.0.0',
    });
    expect(faultsOf(floor, found, {})).toEqual([expect.stringContaining('node_modules/a/node_modules/ws is 8.1.0')]);
  });

  it('do not outlive their package unseen', () => {
    expect(faultsOf(floor, lock({}), {})).toEqual([expect.stringContaining('not in the lock')]);
  });

  it('find second copies and ranges', () => {
    const strict = rules({ single: [{ package: 'ws', because: 'b' }], exact: [{ package: 'ws', because: 'c' }] });
    const twice = lock({ 'node_modules/ws': '8.21.0', 'node_modules/a/node_modules/ws': '8.21.0' });
    expect(faultsOf(strict, twice, { dependencies: { ws: '^8.21.0' } })).toHaveLength(2);
    expect(faultsOf(strict, lock({ 'node_modules/ws': '8.21.0' }), { dependencies: { ws: '8.21.0' } })).toEqual([]);
  });
});

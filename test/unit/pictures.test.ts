import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PICTURES } from '../../scripts/pictures.mjs';

const top = resolve(import.meta.dirname, '../..');
const folder = join(top, 'docs/pictures');
const MOST_BYTES = 200_000;

/** Documents that may show pictures, by their paths. */
const documents = [
  'README.md',
  ...readdirSync(join(top, 'docs'), { recursive: true }).map((name) => `docs/${String(name)}`),
].filter((path) => path.endsWith('.md'));

describe('the pictures of the documents', () => {
  it.each(PICTURES)('$name is a small PNG of $width × $height', ({ name, width, height }) => {
    const file = readFileSync(join(folder, name));
    // https://www.w3.org/TR/png-3/#11IHDR
    expect(file.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
    expect([file.readUInt32BE(16), file.readUInt32BE(20)]).toEqual([width, height]);
    expect(file.length).toBeLessThanOrEqual(MOST_BYTES);
  });

  it('are those that the script takes, and no others', () => {
    expect(readdirSync(folder).sort()).toEqual(PICTURES.map(({ name }) => name).sort());
  });

  it.each(documents)('%s shows only such', (path) => {
    const shown = [...readFileSync(join(top, path), 'utf8').matchAll(/pictures\/([^)\s"'#]+)/g)].map(([, name]) => name);
    const known = PICTURES.map(({ name }) => name);
    expect(shown.filter((name) => !known.includes(name ?? ''))).toEqual([]);
  });
});

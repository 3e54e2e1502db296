import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runExample } from '../support/examples.js';
import { bundleOf, type PackedKit, packedKit } from '../support/kit-package.js';

/** Compressed, beside openapi-fetch, which a page may have already. */
const MAX_BYTES = 12_000;

describe('the package of the kit', () => {
  let kit: PackedKit;
  beforeAll(async () => {
    kit = await packedKit();
  }, 60_000);
  afterAll(() => kit.remove());

  it('has what is built, and nothing else', () => {
    expect(kit.files.filter((path) => !path.startsWith('dist/'))).toEqual(['README.md', 'package.json']);
    const built = kit.files.filter((path) => path.startsWith('dist/'));
    expect(built).toContain('dist/index.js');
    expect(built).toContain('dist/socketio.d.ts');
    expect(built.filter((path) => !/\.(js|d\.ts)$/.test(path))).toEqual([]);
  });

  it('is loaded by Node, both of its parts', async () => {
    const code = `import * as kit from 'switchboard-client'; import * as other from 'switchboard-client/socketio';
      console.log(Object.keys(kit).join(), Object.keys(other).join());`;
    await writeFile(join(kit.folder, 'load.mjs'), code);
    const { out, err } = await runExample(process.execPath, [join(kit.folder, 'load.mjs')], '');
    expect([out.trim(), err]).toEqual(['ApiError,CommandError,LiveConnection,Switchboard connectSocketIo', '']);
  });

  it('is small in a page, which gets no part of Node or of Socket.IO', async () => {
    await writeFile(join(kit.folder, 'page.js'), `export { Switchboard } from 'switchboard-client';`);
    const code = await bundleOf(kit.folder, 'page.js', ['openapi-fetch']);
    expect(code).toContain('/v1/connect');
    expect(code).not.toMatch(/socket\.io|from ?["']node:|require\(/);
    expect(gzipSync(code).length).toBeLessThan(MAX_BYTES);
    // What is not used is left out whole.
    await writeFile(
      join(kit.folder, 'part.js'),
      `import { ApiError } from 'switchboard-client'; export const error = new ApiError(0, '');`,
    );
    expect(await bundleOf(kit.folder, 'part.js')).not.toContain('/v1/connect');
  });
});

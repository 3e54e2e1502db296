import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { has } from '../support/capabilities.js';
import { PASSWORD, TestServer } from '../support/server.js';

const CHECK = join(import.meta.dirname, '../../tools/generators/check.mjs');
const run = promisify(execFile);

describe.runIf(has.generators)('what others make of the documents', () => {
  let server: TestServer;
  let folder: string;
  let username: string;

  beforeAll(async () => {
    server = await TestServer.start();
    ({ username } = await server.user());
    folder = await mkdtemp(join(tmpdir(), 'switchboard-generators-'));
    for (const name of ['openapi.json', 'asyncapi.json']) {
      await writeFile(join(folder, name), await (await fetch(`${server.url}/${name}`)).text());
    }
  });

  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** What a step has to say comes with the error. */
  const check = (step: string) => run(process.execPath, [CHECK, step, folder, server.url, username, PASSWORD]);

  it("Redocly's recommended rules and Spectral's find no error", { timeout: 180_000 }, async () => {
    expect((await check('lint')).stdout).toBe('lint: good\n');
  });

  it.each(['openapi-typescript', 'orval', 'hey-api', 'swagger-typescript-api', 'oazapfts'])(
    'a client by %s compiles under strict, logs in, reads, writes and logs out',
    { timeout: 120_000 },
    async (generator) => {
      expect((await check(generator)).stdout).toBe(`${generator}: good\n`);
    },
  );

  it('models by Modelina of the AsyncAPI document compile under strict', { timeout: 180_000 }, async () => {
    expect((await check('modelina')).stdout).toBe('modelina: good\n');
  });
});

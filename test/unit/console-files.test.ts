import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { ConsoleFiles } from '../../src/console/console-files.js';

it('the console stays whole when it is built anew while the server runs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'switchboard-console-'));
  const app = Fastify();
  try {
    await writeFile(join(folder, 'index.html'), '<script nonce="{{nonce}}" src="/console/page-1.js"></script>');
    await writeFile(join(folder, 'page-1.js'), 'import("./later-1.js")');
    await writeFile(join(folder, 'later-1.js'), 'first');
    const files = new ConsoleFiles([pathToFileURL(`${join(folder, 'none')}/`), pathToFileURL(`${folder}/`)]);
    app.get<{ Params: { name: string } }>('/:name', async (request, reply) => {
      const file = await files.asset(request.params.name);
      return file ? file.send(request, reply) : reply.status(404).send();
    });
    expect((await files.page()).html).toMatch(/nonce="[\w+/]{22}==" src="\/console\/page-1\.js"/);
    await rm(folder, { recursive: true });
    const answer = await app.inject('/later-1.js');
    expect([answer.statusCode, answer.body]).toEqual([200, 'first']);
    expect((await app.inject('/index.html')).statusCode).toBe(404);
  } finally {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  }
});

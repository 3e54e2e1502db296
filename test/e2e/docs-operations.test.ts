import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tableOf } from '../support/doc-blocks.js';
import { TestServer } from '../support/server.js';

describe('what operations.md says', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());

  it('are the figures that there are', async () => {
    const { body } = await server.client().get<string>('/metrics');
    const real = [...body.matchAll(/^# HELP (switchboard_\w+)/gm)].map(([, name]) => name);
    const listed = (await tableOf('docs/operations.md', 'metric')).map(([name]) => name);
    expect([...listed].sort()).toEqual(real.sort());
  });

  it('explains every setting of the README', async () => {
    const text = await readFile('docs/operations.md', 'utf8');
    const names = (await tableOf('README.md', 'variable')).map(([name]) => name ?? '');
    expect(names.filter((name) => !text.includes(name))).toEqual([]);
  });
});

describe('what operations.md says that the server says', () => {
  it('is what it says', async () => {
    const files = (await readdir('src', { recursive: true })).filter((path) => path.endsWith('.ts'));
    const sources = (await Promise.all(files.map((path) => readFile(`src/${path}`, 'utf8')))).join('\n');
    const lines = (await tableOf('docs/operations.md', 'what it says')).map(([line = '']) => line);
    expect(lines.length).toBeGreaterThan(6);
    // Between the dots stand words of ours; where a name stands is a name of settings.
    const words = lines.flatMap((line) => line.replace(/^NAME/, '').split('…'));
    expect(words.filter((part) => !sources.includes(part.trim()))).toEqual([]);
  });
});

describe('what security.md points at', () => {
  it('is there', async () => {
    const rows = await tableOf('docs/security.md', 'threat');
    const files = rows.flatMap(([, , where = '']) => where.match(/[\w./-]+\.(ts|json)/g) ?? []);
    expect(files.length).toBeGreaterThan(20);
    for (const file of files.filter((name) => !name.startsWith('.'))) {
      const path = file.startsWith('scripts/') ? file : `src/${file}`;
      await expect(readFile(path, 'utf8'), path).resolves.toBeTruthy();
    }
  });
});

import { execFile, spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROTOCOL_NAMES, Settings } from '../../src/config/settings.js';
import { type Block, blocksOf, misfit, tableOf } from '../support/doc-blocks.js';
import { TestServer } from '../support/server.js';

const run = promisify(execFile);
const hasShell = ['curl', 'bash'].every((program) => spawnSync(program, ['--version']).status === 0);
const MARK = '--- next block ---';

/** All JSON values of a text, one after the other. */
function valuesOf(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  }
}

describe.runIf(hasShell)('the tour of the README', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.stop());

  it('runs as it is printed, and prints what it says', async () => {
    const blocks = await blocksOf('README.md');
    const tour = blocks.slice(1).filter(({ language }) => language === 'sh' || language === 'json');
    const commands = tour.filter(({ language }) => language === 'sh');
    expect(commands.length).toBeGreaterThan(4);
    const host = new URL(server.url).host;
    // One shell for all of them: a block uses what those before it have set.
    const script = commands.map(({ text }) => text.replaceAll('localhost:8000', host)).join(`\necho; echo '${MARK}'\n`);
    const { stdout } = await run('bash', ['-eu', '-o', 'pipefail', '-c', script]);
    const outputs = stdout.split(MARK);
    expect(outputs).toHaveLength(commands.length);
    const faults = commands.map((command, index) => faultOf(tour[tour.indexOf(command) + 1], outputs[index] ?? ''));
    expect(faults.filter(Boolean)).toEqual([]);
  });

  function faultOf(printed: Block | undefined, output: string): string {
    if (printed?.language !== 'json') return `nothing is printed for ${output}`;
    const [wanted, real] = [valuesOf(printed.text), valuesOf(output)];
    return misfit(wanted, real, new Map(), `line ${printed.line}`);
  }
});

describe('the settings of the README', () => {
  /** How the table says a default. */
  const printed = (value: unknown): string => {
    if (value === true || value === false) return value ? 'on' : 'off';
    return value === undefined || (Array.isArray(value) && value.length === 0) ? 'none' : String(value);
  };

  it('are those of the schema, with their defaults', async () => {
    const source = await readFile('src/config/settings.ts', 'utf8');
    const names = [...source.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(25);
    const settings = Settings.from({});
    const wanted = names.map((name) => {
      const value: unknown = Reflect.get(settings, name);
      return [name, name === 'TRUST_PROXY' ? String(value) : printed(value)];
    });
    const rows = (await tableOf('README.md', 'variable')).map(([name, byDefault]) => [name, byDefault]);
    expect(rows.sort()).toEqual(wanted.sort());
  });
});

async function markdownBelow(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith('.md')).map((name) => join(folder, name));
}

describe('the documents', () => {
  it('link to what is there', async () => {
    const files = (await Promise.all(['docs', 'src'].map((folder) => markdownBelow(folder)))).flat();
    files.push('README.md');
    expect(files.length).toBeGreaterThan(15);
    const broken: string[] = [];
    for (const file of files) {
      const text = (await readFile(file, 'utf8')).replaceAll(/```[\s\S]*?```/g, '');
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const [path = '', anchor] = target.split('#');
        const wanted = path === '' ? file : normalize(join(dirname(file), path));
        const isThere = await readdir(wanted).then(
          () => true,
          () =>
            readFile(wanted).then(
              () => true,
              () => false,
            ),
        );
        const isAnchored = !isThere || anchor === undefined || anchorsOf(await readFile(wanted, 'utf8')).includes(anchor);
        if (!isThere || !isAnchored) broken.push(`${file}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it.each(PROTOCOL_NAMES)('name each file of the folder of %s, and none besides', async (name) => {
    const folder = join('src/protocols', name);
    const cells = (await tableOf(join(folder, 'README.md'), 'file')).map(([files = '']) => files.replaceAll('`', ''));
    const listed = cells.flatMap((files) => files.split(', ')).map((file) => file.replace(/\/$/, ''));
    const present = (await readdir(folder)).filter((file) => file !== 'README.md');
    expect(listed.sort()).toEqual(present.sort());
  });

  /** As they are made of headings where Markdown is shown. */
  const anchorsOf = (text: string): string[] =>
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    );
});

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { has, programOf } from '../support/capabilities.js';
import { type Block, blocksOf } from '../support/doc-blocks.js';
import { runExample } from '../support/examples.js';
import { bundleOf, type PackedKit, packedKit } from '../support/kit-package.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const PAGE = 'docs/clients.md';

/** The example whose block has this text, and what it is said to print. */
function exampleOf(blocks: readonly Block[], part: string): { code: string; printed: string[] } {
  const index = blocks.findIndex(({ text }) => text.includes(part));
  const [block, output] = [blocks[index], blocks[index + 1]];
  if (!block || output?.language !== 'text') throw new Error(`no example with ${part}, or nothing said of what it prints`);
  return { code: block.text, printed: output.text.split('\n') };
}

/** These build upon each other, as they do for whoever reads the page. */
describe('the page on clients', () => {
  let server: TestServer;
  let kit: PackedKit;
  let blocks: Block[];
  beforeAll(async () => {
    [server, kit, blocks] = await Promise.all([TestServer.start(), packedKit(), blocksOf(PAGE)]);
  }, 60_000);
  afterAll(() => Promise.all([server.stop(), kit.remove()]));

  const here = (code: string): string => code.replaceAll('localhost:8000', new URL(server.url).host);

  async function expectInNode(part: string): Promise<void> {
    const { code, printed } = exampleOf(blocks, part);
    const file = join(kit.folder, 'example.mjs');
    await writeFile(file, here(code));
    const { out, err } = await runExample(process.execPath, [file], '');
    expect([out.trimEnd().split('\n'), err]).toEqual([printed, '']);
  }

  it('says how the package is built', async () => {
    const [{ text } = { text: '' }] = blocks;
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: Record<string, string> };
    expect(text.split('\n')).toEqual(['npm run client:build', 'npm pack ./clients/typescript']);
    expect(scripts['client:build']).toContain('clients/typescript/tsconfig.json');
  });

  it('shows programs that print what it says', async () => {
    await expectInNode("from 'ws'");
    await expectInNode('refreshToken: kept');
  });

  it.runIf(has.chromium)('shows a page that prints what it says', async () => {
    const { code, printed } = exampleOf(blocks, 'new Switchboard();');
    await writeFile(join(kit.folder, 'page.js'), code);
    const script = await bundleOf(kit.folder, 'page.js');
    const browser = await chromium.launch({ executablePath: programOf('chromium'), args: ['--no-sandbox'] });
    try {
      // A page that a test made up itself may not speak to this machine; one that came from the server may.
      const page = await browser.newPage({ bypassCSP: true });
      await page.goto(`${server.url}/health/live`);
      const lines: string[] = [];
      page.on('console', (message) => {
        if (!message.location().url.endsWith('/favicon.ico')) lines.push(message.text());
      });
      page.on('pageerror', (error) => lines.push(`exception: ${error.message}`));
      await page.evaluate(`(async () => { ${script} })()`);
      await until(() => lines.length >= printed.length, 15_000);
      expect(lines).toEqual(printed);
    } finally {
      await browser.close();
    }
  });

  describe.runIf(has.python)('shows Python', () => {
    it.each(['rest', 'live'])('%s.py, as the file is, which prints what it says', async (name) => {
      const file = (await readFile(`clients/python/examples/${name}.py`, 'utf8')).trimEnd();
      const { code, printed } = exampleOf(blocks, file.split('\n')[0] ?? '');
      expect(code).toBe(file);
      const { out, err } = await runExample(programOf('python'), ['-'], here(code));
      expect([out.trimEnd().split('\n'), err]).toEqual([printed, '']);
    });
  });

  it.runIf(has.curl)('shows a shell that prints what it says', async () => {
    const { code, printed } = exampleOf(blocks, 'TOKEN=$(curl');
    const { out, err } = await runExample('bash', ['-eu', '-o', 'pipefail'], here(code));
    expect([out.trimEnd().split('\n'), err]).toEqual([printed, '']);
  });
});

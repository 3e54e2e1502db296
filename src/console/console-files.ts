import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { CoreError } from '../errors/catalogue.js';
import { escapeHtml } from '../http/escape-html.js';
import { StaticFile } from '../http/static-file.js';

/** Beside the compiled code, or, where that runs from its sources, in what was built last. */
const FOLDERS = [new URL('../../console/', import.meta.url), new URL('../../dist/console/', import.meta.url)];

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Their names change with their content. */
const FOR_EVER = { 'cache-control': 'public, max-age=31536000, immutable' };

/**
 * The page of the console and what it loads, as one build left them: all of it is read when somebody first asks, for the next build, which
 * gives other names, may come while the server runs.
 */
export class ConsoleFiles {
  private folder: Promise<{ html: string; assets: ReadonlyMap<string, StaticFile> }> | undefined;

  /** @param folders where the files are: the first one that has them */
  constructor(private readonly folders: readonly URL[] = FOLDERS) {}

  /**
   * The page, for one answer: what writes styles into it has to know the nonce, which nobody could guess.
   * @param base the path under which browsers reach this server
   * @throws CoreError `not_found` where the console was not built
   */
  async page(base = ''): Promise<{ html: string; headers: Readonly<Record<string, string>> }> {
    const { html } = await this.load();
    const nonce = randomBytes(16).toString('base64');
    return { html: html.replaceAll('{{nonce}}', nonce).replaceAll('/__base__', escapeHtml(base)), headers: headersOf(nonce) };
  }

  async asset(name: string): Promise<StaticFile | undefined> {
    return (await this.load()).assets.get(name);
  }

  private load() {
    this.folder ??= readFolder(this.folders).catch((error: unknown) => {
      // It may be built by the next request.
      this.folder = undefined;
      throw error;
    });
    return this.folder;
  }
}

function headersOf(nonce: string): Readonly<Record<string, string>> {
  return {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      `style-src 'self' 'nonce-${nonce}'`,
      "img-src 'self'",
      "font-src 'self'",
      "connect-src 'self'",
      "form-action 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  };
}

async function readFolder(folders: readonly URL[]) {
  for (const folder of folders) {
    const names = await readdir(folder).catch((): string[] => []);
    if (!names.includes('index.html')) continue;
    const html = await readFile(new URL('index.html', folder), 'utf8');
    const assets = names.map((name) => assetOf(folder, name));
    return { html, assets: new Map((await Promise.all(assets)).flat()) };
  }
  throw new CoreError('not_found');
}

async function assetOf(folder: URL, name: string): Promise<(readonly [string, StaticFile])[]> {
  const type = TYPES[extname(name)];
  if (type === undefined) return [];
  const body = await readFile(new URL(name, folder));
  return [[name, new StaticFile({ type, read: () => Promise.resolve(body), headers: FOR_EVER })]];
}

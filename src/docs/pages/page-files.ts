import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { CoreError } from '../../errors/catalogue.js';
import { escapeHtml } from '../../http/escape-html.js';
import { StaticFile } from '../../http/static-file.js';
import { redocWithoutLogo } from './redoc.js';

const require = createRequire(import.meta.url);

const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';

/**
 * Scripts are files of ours. Styles are not: both pages write theirs into the document. ReDoc's search runs in a worker that
 * it makes out of a blob.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  'worker-src blob:',
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const ours = (name: string) => () => readFile(new URL(name, import.meta.url));
const swagger = (name: string) => () => readFile(require.resolve(`swagger-ui-dist/${name}`));

/** The pages. @param base the path under which browsers reach this server */
export function pagesBelow(base: string) {
  const page = (name: string): StaticFile =>
    new StaticFile({
      type: HTML,
      read: async () => (await ours(name)()).toString().replaceAll('{{base}}', escapeHtml(base)),
      headers: { 'content-security-policy': POLICY },
    });
  return { docs: page('swagger.html'), redoc: page('redoc.html'), asyncapi: page('asyncapi.html') };
}

/** What the pages load, by name. */
export const PAGE_ASSETS: ReadonlyMap<string, StaticFile> = new Map([
  ['pages.css', new StaticFile({ type: STYLE, read: ours('pages.css') })],
  ['icon.svg', new StaticFile({ type: 'image/svg+xml', read: ours('icon.svg') })],
  ['swagger.js', new StaticFile({ type: SCRIPT, read: ours('swagger.client.js') })],
  ['swagger-ui.css', new StaticFile({ type: STYLE, read: swagger('swagger-ui.css') })],
  ['swagger-ui-bundle.js', new StaticFile({ type: SCRIPT, read: swagger('swagger-ui-bundle.js') })],
  ['redoc.js', new StaticFile({ type: SCRIPT, read: ours('redoc.client.js') })],
  ['redoc.standalone.js', new StaticFile({ type: SCRIPT, read: built('redoc.standalone.js', redocWithoutLogo) })],
  ['asyncapi.js', new StaticFile({ type: SCRIPT, read: ours('asyncapi.client.js') })],
  ['asyncapi.css', new StaticFile({ type: STYLE, read: ours('asyncapi.css') })],
  ['asyncapi.standalone.js', new StaticFile({ type: SCRIPT, read: built('asyncapi.standalone.js') })],
  ['asyncapi.standalone.css', new StaticFile({ type: STYLE, read: built('asyncapi.standalone.css') })],
]);

/** What the build has made of development packages: beside the compiled code, or, where that runs from its sources, in what was built last. */
function built(name: string, otherwise?: () => Promise<string>): () => Promise<string> {
  const folders = ['../../../assets/', '../../../dist/assets/'].map((path) => new URL(path, import.meta.url));
  return async () => {
    for (const folder of folders) {
      const text = await readFile(new URL(name, folder), 'utf8').catch(() => undefined);
      if (text !== undefined) return text;
    }
    if (otherwise) return otherwise();
    throw new CoreError('not_found');
  };
}

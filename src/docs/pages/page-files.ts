import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { StaticFile } from '../../http/static-file.js';
import { readAsyncApiScript, readAsyncApiStyle } from './asyncapi.js';
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

const page = (name: string): StaticFile =>
  new StaticFile({ type: HTML, read: ours(name), headers: { 'content-security-policy': POLICY } });

export const PAGES = { docs: page('swagger.html'), redoc: page('redoc.html'), asyncapi: page('asyncapi.html') };

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
  ['asyncapi.standalone.js', new StaticFile({ type: SCRIPT, read: built('asyncapi.standalone.js', readAsyncApiScript) })],
  ['asyncapi.standalone.css', new StaticFile({ type: STYLE, read: built('asyncapi.standalone.css', readAsyncApiStyle) })],
]);

/** What comes out of a development package: the build has put it beside the code; where nothing was built, the package has it. */
function built(name: string, otherwise: () => Promise<string>): () => Promise<string> {
  return async () => {
    try {
      return await readFile(new URL(`../../../assets/${name}`, import.meta.url), 'utf8');
    } catch {
      return otherwise();
    }
  };
}

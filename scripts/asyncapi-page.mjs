/**
 * The component of AsyncAPI that shows a document, as one script for `/asyncapi`. The one that its package brings holds the parser and its
 * validators as well: they compile code as they load, which the policy of our pages forbids, and are most of its size.
 */
import { build } from 'vite';

const ENTRY = 'virtual:asyncapi-page';

/** What the component uses of its parser: the models of a document that is resolved already. */
const PARTS = {
  [ENTRY]: `
    import { createElement } from 'react';
    import { createRoot } from 'react-dom/client';
    import AsyncApi from '@asyncapi/react-component/lib/esm/without-parser.js';
    globalThis.AsyncApiPage = { render: (props, container) => createRoot(container).render(createElement(AsyncApi, props)) };`,
  '@asyncapi/parser': `
    export { isAsyncAPIDocument, isStringifiedDocument, toAsyncAPIDocument } from '@asyncapi/parser/esm/document.js';
    export { unstringify } from '@asyncapi/parser/esm/stringify.js';
    export * from '@asyncapi/parser/esm/models/index.js';
    export const isOldAsyncAPIDocument = () => false;`,
  // The component's own way to the parser.
  './parser': '',
  '@asyncapi/parser/cjs/document': "export { isStringifiedDocument } from '@asyncapi/parser/esm/document.js';",
  '@stoplight/spectral-core': 'export class Document {}',
  '@asyncapi/specs': 'export default { schemas: {} };',
};

/** Serves the parts above in place of what goes by their names. */
const parts = {
  name: 'asyncapi-page',
  enforce: 'pre',
  resolveId: (id) => (Object.hasOwn(PARTS, id) ? `\0${id}` : undefined),
  load: (id) => (id.startsWith('\0') ? PARTS[id.slice(1)] : undefined),
};

/** @returns the script, which makes `AsyncApiPage.render` */
export async function bundleAsyncApiPage() {
  const [{ output }] = await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: 'warn',
    plugins: [parts],
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: {
        input: ENTRY,
        output: { format: 'iife' },
        // Libraries mark what runs in browsers; here everything does.
        onLog: (level, log, report) => {
          if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
        },
      },
    },
  }).then((results) => [results].flat());
  return output[0].code;
}

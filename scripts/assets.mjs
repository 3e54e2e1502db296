import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleAsyncApiPage } from './asyncapi-page.mjs';

const require = createRequire(import.meta.url);

/** What is served besides the compiled code: the name in `assets`, and how to come by the text, given the folder of the compiled code. */
export const assets = [
  {
    name: 'redoc.standalone.js',
    make: async (compiled) => {
      const { redocWithoutLogo } = await import(pathToFileURL(join(compiled, 'src/docs/pages/redoc.js')).href);
      return redocWithoutLogo();
    },
  },
  { name: 'asyncapi.standalone.js', make: bundleAsyncApiPage },
  {
    name: 'asyncapi.standalone.css',
    make: () => readFile(require.resolve('@asyncapi/react-component/styles/default.min.css'), 'utf8'),
  },
];

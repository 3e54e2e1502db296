import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What is served besides the compiled code: the name in `assets`, and how to come by the text, given the folder of the compiled code. */
export const assets = [
  { name: 'redoc.standalone.js', make: async (compiled) => (await page(compiled, 'redoc.js')).redocWithoutLogo() },
  { name: 'asyncapi.standalone.js', make: async (compiled) => (await page(compiled, 'asyncapi.js')).readAsyncApiScript() },
  { name: 'asyncapi.standalone.css', make: async (compiled) => (await page(compiled, 'asyncapi.js')).readAsyncApiStyle() },
];

const page = (compiled, name) => import(pathToFileURL(join(compiled, 'src/docs/pages', name)).href);

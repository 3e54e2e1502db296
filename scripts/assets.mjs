import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What is served besides the compiled code: the name in `assets`, and how to come by the text, given the folder of the compiled code. */
export const assets = [
  {
    name: 'redoc.standalone.js',
    make: async (compiled) => {
      const { redocWithoutLogo } = await import(pathToFileURL(join(compiled, 'src/docs/pages/redoc.js')).href);
      return redocWithoutLogo();
    },
  },
];

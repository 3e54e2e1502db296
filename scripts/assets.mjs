import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

const EMPTY_IMAGE = 'data:image/svg+xml,%3Csvg xmlns=%27http://www.w3.org/2000/svg%27/%3E';

/** ReDoc, but its logo, which is the only thing that it would fetch from another host. */
async function redoc() {
  const bundle = await readFile(require.resolve('redoc/bundles/redoc.standalone.js'), 'utf8');
  const parts = bundle.split(/https:\/\/cdn\.redoc\.ly\/[\w./-]+\.svg/);
  if (parts.length < 2 || parts.some((part) => part.includes('cdn.redoc.ly'))) {
    throw new Error(
      'redoc.standalone.js no longer loads its logo as it did: look at what it fetches, and mend scripts/assets.mjs',
    );
  }
  return parts.join(EMPTY_IMAGE);
}

/** What is served besides the compiled code: the name in `dist/assets`, and how to come by the text. */
export const assets = [{ name: 'redoc.standalone.js', make: redoc }];

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

const EMPTY_IMAGE = 'data:image/svg+xml,%3Csvg xmlns=%27http://www.w3.org/2000/svg%27/%3E';

/**
 * ReDoc, but its logo, which is the only thing that it would fetch from another host.
 * @throws Error where it no longer loads its logo as it did
 */
export async function redocWithoutLogo(): Promise<string> {
  const bundle = await readFile(require.resolve('redoc/bundles/redoc.standalone.js'), 'utf8');
  const parts = bundle.split(/https:\/\/cdn\.redoc\.ly\/[\w./-]+\.svg/);
  if (parts.length < 2 || parts.some((part) => part.includes('cdn.redoc.ly'))) {
    throw new Error('redoc.standalone.js no longer loads its logo as it did: look at what it fetches, and mend redocWithoutLogo');
  }
  return parts.join(EMPTY_IMAGE);
}

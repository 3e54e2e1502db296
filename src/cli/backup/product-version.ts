import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '../../errors/thrown.js';

/** The version in the `package.json` of this program, wherever its compiled files lie below it. */
export async function productVersion(): Promise<string> {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
      if (name === 'switchboard' && typeof version === 'string') return version;
    } catch (thrown) {
      if (codeOf(thrown) !== 'ENOENT') throw thrown;
    }
    if (dirname(folder) === folder) return 'unknown';
  }
}

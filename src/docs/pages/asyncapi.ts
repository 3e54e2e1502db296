import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The component that shows AsyncAPI documents, without the parser: that one would need `eval`, and our document needs no judge. */
export const readAsyncApiScript = (): Promise<string> =>
  readFile(require.resolve('@asyncapi/react-component/browser/standalone/without-parser.js'), 'utf8');

export const readAsyncApiStyle = (): Promise<string> =>
  readFile(require.resolve('@asyncapi/react-component/styles/default.min.css'), 'utf8');

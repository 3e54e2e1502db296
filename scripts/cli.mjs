import { buildWhenNeeded } from './build.mjs';

if (!(await buildWhenNeeded())) process.exit(1);
await import('../dist/src/cli/main.js');

import { buildWhenNeeded } from './build.mjs';

if (!(await buildWhenNeeded())) process.exit(1);
// In this process, not a child: signals have to reach the server.
await import('../dist/src/main.js');

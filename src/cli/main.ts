import 'reflect-metadata';
import { constants } from 'node:os';
import { run } from './program.js';

// Through `exit`, so that a database that was started for the while is told to stop.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
}
// A reader such as `head` may have seen enough; the deed is done all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const code = await run(process.argv.slice(2));
for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write('', resolve));
// Not by itself: where the rooms could not be opened, connections of theirs may still be.
process.exit(code);

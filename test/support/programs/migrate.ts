import { migrate } from '../../../src/database/migrate.js';

// Says that it is ready, and migrates when it is told to: so that two of these begin at the same moment.
process.stdout.write('"ready"\n');
process.stdin.once('data', () => {
  void migrate(String(process.argv[2])).then(
    (done) => {
      process.stdout.write(`${JSON.stringify(done)}\n`);
      process.stdin.destroy();
    },
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});

import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { attachOrStart, startEmbeddedPostgres } from '../../../src/database/embedded/embedded-postgres.js';

// The database part of a server (`serve`) or of the command line (`tool`), in a process that tests may kill.
const [how, dataDir = ''] = process.argv.slice(2);
const say = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);

// Here and not by `spawn`, so that Node itself need not be open to that user.
const runAs = Number(process.env['RUN_AS'] ?? 0);
if (runAs !== 0) {
  process.setgroups?.([]);
  process.setgid?.(runAs);
  process.setuid?.(runAs);
}

const start = how === 'tool' ? attachOrStart : startEmbeddedPostgres;
try {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const server = await start({ dataDir, connections: 10, log, warn: log });
  const { url, superuserUrl, pid, directory } = server;
  const end = async (): Promise<never> => {
    await server.stop();
    process.exit(0);
  };
  // The pipe keeps this process alive, as a server's sockets would.
  process.stdin.on('data', () => void end()).on('end', () => void end());
  process.once('SIGTERM', () => void end());
  process.once('SIGINT', () => {
    void (async () => {
      await sleep(300); // what is still being answered when Ctrl-C comes
      const client = new Client(url);
      await client.connect();
      say((await client.query('SELECT pg_backend_pid() > 0 AS answered')).rows[0] as object);
      await client.end();
      await end();
    })();
  });
  say({ url, superuserUrl, pid, directory });
} catch (error) {
  say({ failed: error instanceof Error ? error.message : String(error), name: error instanceof Error ? error.name : '' });
}

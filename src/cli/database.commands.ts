import type { Command } from 'commander';
import { backupCommands } from './backup.commands.js';
import { addGroup, addLeaf, answering, withDatabase } from './leaf.js';
import { sheet } from './print.js';

/** `db …`: the database itself. */
export function databaseCommands(program: Command): void {
  const db = addGroup(program, {
    usage: 'db',
    about: 'The database: its state, its schema, and backups of it.',
    examples: ['db status', 'db backup switchboard.tar.gz', 'db restore switchboard.tar.gz'],
  });
  addLeaf(db, {
    usage: 'migrate',
    about: 'Brings the schema up to date. The server does so, too, whenever it starts.',
    examples: ['db migrate', 'db migrate --json'],
  }).action(
    answering(() =>
      withDatabase(async ({ url }) => {
        const { migrateSchema } = await import('./schema.js');
        const done = await migrateSchema(url);
        return { json: { done }, text: done.length > 0 ? `Done: ${done.join(', ')}.\n` : 'The schema is up to date.\n' };
      }),
    ),
  );
  addLeaf(db, {
    usage: 'status',
    about: 'Shows where the database is, its version, and which migrations were run. Changes nothing.',
    examples: ['db status', 'db status --json'],
  }).action(
    answering(() =>
      withDatabase(async ({ url, describe }) => {
        const { schemaStatus } = await import('./schema.js');
        const { version, done, pending, unknown } = await schemaStatus(url);
        const fields = {
          database: describe,
          version: `PostgreSQL ${version}`,
          'migrations done': done.join(', ') || 'none',
          'still to be run': pending.join(', ') || 'none',
          // Of a newer version of the server than this one.
          ...(unknown.length > 0 && { 'of another version': unknown.join(', ') }),
        };
        return { json: { database: describe, version, migrations: { done, pending, unknown } }, text: sheet(fields) };
      }),
    ),
  );
  backupCommands(db);
}

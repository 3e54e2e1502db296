import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import { reasonOf } from '../errors/thrown.js';
import { Refusal } from './failures.js';
import { addLeaf, type Answer, answering, withDatabase } from './leaf.js';
import { progress } from './progress.js';

/** What stands for standard output or input. */
const STANDARD = '-';

const BACKUP_MORE =
  'The file holds everything: accounts with their password hashes, sessions, sealed signing keys, chats and messages. Only its owner can ' +
  'read it; keep it as you keep secrets. What it does not hold is APP_SECRET (or DATA_DIR/app-secret), without which the signing keys are ' +
  'of no use: keep that, too, in another place. The server may go on; what is in the file is all from one moment.';

const RESTORE_MORE =
  'Stop the server first. The database has to be empty (a first start does not count), unless it is named by --force, which replaces everything ' +
  'in it. A backup of an older version is brought up to date; one of a newer version is refused. Everything is checked against the checksums of the ' +
  'backup; where anything is wrong nothing is changed. Afterwards the server needs the APP_SECRET (or DATA_DIR/app-secret) of the time of the backup.';

/** `db backup` and `db restore`. */
export function backupCommands(db: Command): void {
  const backup = addLeaf(db, {
    usage: 'backup',
    about: 'Writes everything that the database holds into one file, which contains secrets.',
    more: BACKUP_MORE,
    examples: ['db backup switchboard.tar.gz', 'db backup switchboard.tar.gz --force --json', 'db backup - > switchboard.tar.gz'],
  });
  backup
    .argument('<file>', 'the file to be written; - for standard output')
    .option('--force', 'replace a file that is there already')
    .option(
      '--leave-out <table>',
      'a table that is not of Switchboard and need not be kept; may be given several times',
      collected,
    )
    .action(answering((file: string, options: BackupOptions) => makeBackup(backup, file, options)));
  addLeaf(db, {
    usage: 'restore',
    about: 'Fills an empty database from a file that `db backup` has written.',
    more: RESTORE_MORE,
    examples: [
      'db restore switchboard.tar.gz',
      'db restore switchboard.tar.gz --force switchboard',
      'db restore - < switchboard.tar.gz',
    ],
  })
    .argument('<file>', 'the file; - for standard input')
    .option('--force <database>', 'replace everything in the database of this name, for ever')
    .action(answering(restoreBackup));
}

const collected = (table: string, before: readonly string[] = []): readonly string[] => [...before, table];

interface BackupOptions {
  readonly force?: boolean;
  readonly leaveOut?: readonly string[];
  readonly json?: boolean;
}

async function makeBackup(
  command: Command,
  file: string,
  { force = false, json = false, leaveOut = [] }: BackupOptions,
): Promise<Answer> {
  const isPiped = file === STANDARD;
  if (isPiped && json) command.error('error: with - the backup itself is the answer, so there is no --json');
  if (isPiped && process.stdout.isTTY)
    command.error('error: a backup is no text for a terminal; write > and a file name after -');
  const { withSnapshot } = await import('./backup/snapshot.js');
  const { writeArchive } = await import('./backup/archive-writer.js');
  const { writeNewFile } = await import('./backup/new-file.js');
  return withDatabase(({ url }) =>
    withSnapshot(url, async (snapshot) => {
      const { estimate, left } = snapshot;
      refuseUnknown(left, leaveOut);
      const bar = json ? undefined : progress(estimate, 'Backing up');
      let manifest: Awaited<ReturnType<typeof snapshot.write>> | undefined;
      const into = (target: Writable): Promise<void> =>
        writeArchive(target, async (add) => {
          manifest = await snapshot.write(add, (rows) => bar?.advance(rows));
        });
      let bytes: number | undefined;
      try {
        if (isPiped) await into(process.stdout).catch(ofStandardOutput);
        else bytes = await writeNewFile(file, force, into);
      } finally {
        bar?.done();
      }
      const tables = manifest?.tables.map(({ name, rows }) => ({ name, rows })) ?? [];
      const rows = tables.reduce((sum, table) => sum + table.rows, 0);
      const others = left.length > 0 ? `Left out: ${left.join(', ')}.\n` : '';
      const size = bytes === undefined ? '' : ` in ${sizeOf(bytes)}`;
      const words = `Backed up ${rows} rows of ${tables.length} tables${size}.\n${others}${KEEP}`;
      return {
        json: { file, bytes, made_at: manifest?.made_at, migrations: manifest?.migrations, rows, tables, not_included: left },
        text: isPiped ? '' : words,
        note: isPiped ? words.trimEnd() : undefined,
      };
    }),
  );
}

/**
 * A backup that silently lacks a table is found out when it is needed.
 * @throws Refusal
 */
function refuseUnknown(left: readonly string[], leaveOut: readonly string[]): void {
  const unknown = left.filter((name) => !leaveOut.includes(name));
  if (unknown.length === 0) return;
  throw new Refusal(
    `Nothing was backed up: the database has tables that this version does not know (${unknown.join(', ')}). Use the version that made them, or leave them out: ${unknown.map((name) => `--leave-out ${name}`).join(' ')}`,
  );
}

/** Whoever reads it may have gone, or its disk may be full. */
function ofStandardOutput(thrown: unknown): never {
  const isOfWriting = thrown instanceof Error && 'syscall' in thrown && thrown.syscall === 'write';
  throw isOfWriting ? new Refusal(`Standard output took only a part of the backup: ${thrown.message}.`) : thrown;
}

const KEEP =
  'It holds secrets: keep it where nobody else can read it. APP_SECRET (or DATA_DIR/app-secret) is not in it: keep that in another place.\n';

const UNITS = ['kB', 'MB', 'GB', 'TB'] as const;

function sizeOf(bytes: number): string {
  let size = bytes;
  let unit = 'bytes';
  for (const next of UNITS) {
    if (size < 1_000) break;
    size /= 1_000;
    unit = next;
  }
  return `${unit === 'bytes' ? size : size.toFixed(1)} ${unit}`;
}

interface RestoreOptions {
  readonly force?: string;
  readonly json?: boolean;
}

async function restoreBackup(file: string, { force, json = false }: RestoreOptions): Promise<Answer> {
  const { readArchive } = await import('./backup/archive-reader.js');
  const { restore } = await import('./backup/restore.js');
  const bytes = file === STANDARD ? 0 : await sizeOfFile(file);
  return withDatabase(async ({ url }, settings) => {
    const bar = json || bytes === 0 ? undefined : progress(bytes, 'Restoring');
    const source: Readable = file === STANDARD ? process.stdin : createReadStream(file);
    if (bar) source.on('data', (chunk: Buffer) => bar.advance(chunk.length)).pause();
    try {
      const { manifest, database, migrated } = await restore(readArchive(source), { url, force });
      bar?.done();
      const { opensKeys } = await import('./backup/key-seal.js');
      const keys = await opensKeys(url, settings);
      const tables = manifest.tables.map(({ name, rows }) => ({ name, rows }));
      const rows = tables.reduce((sum, table) => sum + table.rows, 0);
      const done = `Restored ${rows} rows of ${tables.length} tables, as of ${manifest.made_at}, into the database ${database}.`;
      const newer = migrated.length > 0 ? `\nBrought up to date: ${migrated.join(', ')}.` : '';
      const secret = KEYS_TEXT[keys];
      return {
        json: { database, made_at: manifest.made_at, version: manifest.version, migrated, rows, tables, app_secret: keys },
        text: `${done}${newer}\n${secret}`,
      };
    } finally {
      bar?.done();
    }
  });
}

const KEYS_TEXT = {
  fits: 'APP_SECRET is the one that the signing keys need. Start the server.\n',
  previous: 'PREVIOUS_APP_SECRET is the one that the signing keys need. Start the server, and run keys reseal.\n',
  other:
    'APP_SECRET (or DATA_DIR/app-secret) is another one than that of the backup: put the old one in its place, or the server will not start.\n',
  missing: 'Give the server the APP_SECRET of the backup (or put its app-secret into DATA_DIR) before you start it.\n',
  none: 'There are no signing keys in it: the server makes new ones at its start.\n',
} as const;

async function sizeOfFile(path: string): Promise<number> {
  try {
    const { size } = await stat(path);
    return size;
  } catch (thrown) {
    throw new Refusal(`The backup cannot be read: ${reasonOf(thrown)}.`);
  }
}

import { escapeIdentifier } from 'pg';

/**
 * Every table that holds data of ours: what a backup takes. What else is in the database belongs to somebody else. A migration that makes a
 * table adds it here.
 */
export const TABLES: readonly string[] = [
  'users',
  'sessions',
  'refresh_tokens',
  'recovery_tokens',
  'signing_keys',
  'client_links',
  'audit_log',
  'counters',
  'chats',
  'chat_members',
  'departed_users',
  'messages',
  'chat_requests',
  'chat_leavers',
  'chat_keys',
  'blocks',
  'user_privacy',
  'reports',
  'quota_use',
];

/** Tables that a server fills by itself at its first start, before anybody has used it. */
export const FILLED_BY_START: readonly string[] = ['counters', 'signing_keys'];

/** Where migrations are noted; a backup says them in its manifest. */
export const MIGRATIONS_TABLE = 'schema_migrations';

/** One table as it is in a database. */
export interface TableShape {
  readonly name: string;
  /** In the order in which they were made. */
  readonly columns: readonly string[];
}

/** What hands out the ids of a table. */
export interface SequenceState {
  readonly table: string;
  readonly column: string;
  /** The last one given, as a decimal number: it may be above what a number holds exactly. */
  readonly last: string;
  /** Whether `last` was given already; else it is the first to come. */
  readonly called: boolean;
}

/** A connection, as far as questions go: the driver's client, or TypeORM's runner behind a function. */
export type Ask = <T extends object>(text: string, values?: readonly unknown[]) => Promise<readonly T[]>;

export const listOf = (names: readonly string[]): string => names.map((name) => escapeIdentifier(name)).join(', ');

/** Which of our tables a database has. */
export async function presentTables(ask: Ask): Promise<string[]> {
  const rows = await ask<{ name: string }>(
    'SELECT name FROM unnest($1::text[]) AS t (name) WHERE to_regclass(name) IS NOT NULL',
    [TABLES],
  );
  const present = new Set(rows.map(({ name }) => name));
  return TABLES.filter((name) => present.has(name));
}

const COLUMNS = `
  SELECT t.name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
  FROM unnest($1::text[]) AS t (name)
  JOIN pg_attribute a ON a.attrelid = to_regclass(t.name) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  GROUP BY t.name`;

/** The columns of these tables, without those that the database computes itself. */
export async function shapesOf(ask: Ask, names: readonly string[]): Promise<TableShape[]> {
  const rows = await ask<TableShape>(COLUMNS, [names]);
  return names.map((name) => ({ name, columns: rows.find((row) => row.name === name)?.columns ?? [] }));
}

const IDENTITIES = `
  SELECT t.name AS "table", a.attname::text AS "column", pg_get_serial_sequence(t.name, a.attname) AS sequence
  FROM unnest($1::text[]) AS t (name)
  JOIN pg_attribute a ON a.attrelid = to_regclass(t.name) AND a.attidentity <> '' AND NOT a.attisdropped
  ORDER BY 1, 2`;

/** A column whose numbers come from a sequence, and that sequence as SQL names it. */
export interface Identity {
  readonly table: string;
  readonly column: string;
  readonly sequence: string;
}

export const identitiesOf = async (ask: Ask, names: readonly string[]): Promise<readonly Identity[]> =>
  ask<Identity>(IDENTITIES, [names]);

/** How far the sequences of these tables have come. They stand outside of snapshots: ask after the snapshot was taken. */
export async function sequencesOf(ask: Ask, names: readonly string[]): Promise<SequenceState[]> {
  const states: SequenceState[] = [];
  for (const { table, column, sequence } of await identitiesOf(ask, names)) {
    const [row] = await ask<{ last: string; called: boolean }>(
      `SELECT last_value::text AS last, is_called AS called FROM ${sequence}`,
    );
    if (row) states.push({ table, column, ...row });
  }
  return states;
}

import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';
import type {} from './global-setup.js';

/** A database of one test file, on the server of the run. */
export interface TestDatabase {
  /** For DATABASE_URL. */
  readonly url: string;
  /** Removes it, and ends whatever still uses it. */
  drop(): Promise<void>;
}

/** Runs one statement on a connection of its own. */
export async function runSql<Row extends object>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text, values)).rows as Row[];
  } finally {
    await client.end();
  }
}

/** The server of the run as a role that may make databases and end connections. */
export const adminUrl = (): string => inject('testServer').adminUrl;

/**
 * Makes a database: migrated and otherwise empty, or without even tables.
 * @param how `migrated` is a copy, and quick
 */
export async function createDatabase(how: 'migrated' | 'bare' = 'migrated'): Promise<TestDatabase> {
  const { templateUrl } = inject('testServer');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(templateUrl);
  const source = how === 'migrated' ? url.pathname.slice(1) : 'template0';
  await runSql(
    adminUrl(),
    `CREATE DATABASE ${name} OWNER "${decodeURIComponent(url.username)}" TEMPLATE ${source} ENCODING 'UTF8'`,
  );
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () => {
      await runSql(adminUrl(), `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { migrate } from '../../src/database/migrate.js';

/** The database server of a test run, for its workers. */
export interface TestServer {
  /** Of a role that may make databases. */
  readonly adminUrl: string;
  /** Of the role that the tests work as, in the migrated database that others are copied from. */
  readonly templateUrl: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    testServer: TestServer;
  }
}

interface Opened {
  readonly adminUrl: string;
  readonly url: string;
  close(): Promise<void>;
}

async function openServer(): Promise<Opened> {
  const given = process.env['DATABASE_TEST_URL'];
  if (given) return { adminUrl: given, url: given, close: () => Promise.resolve() };
  const dataDir = await mkdtemp(join(tmpdir(), 'switchboard-test-'));
  await chmod(dataDir, 0o755);
  const clear = (): Promise<void> => rm(dataDir, { recursive: true, force: true });
  const starting = startEmbeddedPostgres({ dataDir, connections: 200, log: () => undefined });
  const server = await starting.catch(async (thrown: unknown) => {
    await clear();
    throw thrown;
  });
  const close = async (): Promise<void> => {
    await server.stop();
    await clear();
  };
  return { adminUrl: server.superuserUrl, url: server.url, close };
}

async function asAdmin(url: string, statement: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Starts one PostgreSQL for the whole run (or uses the one at DATABASE_TEST_URL) and migrates the database that tests copy. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await openServer();
  const template = `template_${randomUUID().replaceAll('-', '')}`;
  const templateUrl = new URL(server.url);
  templateUrl.pathname = `/${template}`;
  await asAdmin(
    server.adminUrl,
    `CREATE DATABASE ${template} OWNER "${decodeURIComponent(templateUrl.username)}" ENCODING 'UTF8' TEMPLATE template0`,
  );
  await migrate(templateUrl.href);
  project.provide('testServer', { adminUrl: server.adminUrl, templateUrl: templateUrl.href });
  return async () => {
    await asAdmin(server.adminUrl, `DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
    await server.close();
  };
}

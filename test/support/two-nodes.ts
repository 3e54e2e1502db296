import { createDatabase, type TestDatabase } from './database.js';
import { type ServerOptions, TestServer } from './server.js';

/** Two servers on one database of their own. */
export interface TwoNodes {
  readonly database: TestDatabase;
  readonly one: TestServer;
  readonly two: TestServer;
  /** Stops both and drops the database. */
  stop(): Promise<void>;
}

export async function startTwoNodes(options: Omit<ServerOptions, 'database'> = {}): Promise<TwoNodes> {
  const database = await createDatabase();
  const [one, two] = await Promise.all([TestServer.start({ ...options, database }), TestServer.start({ ...options, database })]);
  const stop = async (): Promise<void> => {
    await Promise.all([one.stop(), two.stop()]);
    await database.drop();
  };
  return { database, one, two, stop };
}

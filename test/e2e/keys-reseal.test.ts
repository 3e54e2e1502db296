import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cli } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type ServerProcess, ServerProgram } from '../support/server-program.js';

const PASSWORD = 'correct horse battery';
const OLD = 'the old secret of the whole house, thirty-two bytes';
const NEW = 'the new secret of the whole house, thirty-two bytes';

/** The drill of `docs/operations.md`, step by step, on two nodes. */
describe('changing APP_SECRET', () => {
  let program: ServerProgram;
  let database: TestDatabase;
  let cli: Cli;

  beforeAll(async () => {
    [program, database] = await Promise.all([ServerProgram.make(), createDatabase()]);
    cli = await Cli.make({ DATABASE_URL: database.url, APP_SECRET: OLD });
  }, 120_000);
  afterAll(async () => {
    await program?.close();
    await cli?.close();
    await database?.drop();
  });

  const start = (secrets: Readonly<Record<string, string>>): Promise<ServerProcess> =>
    program.start({ variables: { DATABASE_URL: database.url, LOG_LEVEL: 'warn', ...secrets } });
  const logIn = async (node: ServerProcess) => {
    const { body } = await node.client().post('/auth/login', { username: 'alice', password: PASSWORD });
    return body.data as { readonly token: string; readonly refresh_token: string };
  };
  const isGood = async (node: ServerProcess, token: string): Promise<boolean> =>
    (await node.client(token).get('/api/v1/users/me')).status === 200;

  it('logs nobody out, at no step and on no node', async () => {
    const [first, second] = [await start({ APP_SECRET: OLD }), await start({ APP_SECRET: OLD })];
    await first.client().post('/auth/register', { username: 'alice', email: 'alice@example.com', password: PASSWORD });
    const before = await logIn(first);

    // 1: one node after the other gets both.
    const both = { APP_SECRET: NEW, PREVIOUS_APP_SECRET: OLD };
    await first.stop();
    const third = await start(both);
    const between = await logIn(third);
    for (const node of [second, third]) for (const { token } of [before, between]) expect(await isGood(node, token)).toBe(true);
    expect((await cli.run(['doctor', '--json'], { variables: both })).out).toContain('sealed with PREVIOUS_APP_SECRET');
    await second.stop();
    const fourth = await start(both);

    // 2: the key is sealed anew, while the nodes run.
    const [resealed, again] = [
      await cli.run(['keys', 'reseal'], { variables: both }),
      await cli.run(['keys', 'reseal'], { variables: both }),
    ];
    expect([resealed.code, again.code]).toEqual([0, 0]);
    expect(resealed.out).toMatch(/sealed under APP_SECRET now/);
    expect(again.out).toMatch(/already/);
    expect((await cli.run(['doctor', '--json'], { variables: both })).out).toContain('PREVIOUS_APP_SECRET is still set');

    // 3: the old one goes.
    await third.stop();
    const fifth = await start({ APP_SECRET: NEW });
    const after = await logIn(fifth);
    for (const node of [fourth, fifth]) {
      for (const { token } of [before, between, after]) expect(await isGood(node, token)).toBe(true);
    }
    expect((await fifth.client().post('/auth/refresh', { refresh_token: before.refresh_token })).status).toBe(200);

    // The old one alone opens nothing any more.
    const wrong = await cli.run(['keys', 'reseal'], { variables: { APP_SECRET: OLD } });
    expect(wrong.code).not.toBe(0);
    expect(wrong.err).toContain('PREVIOUS_APP_SECRET');
  }, 180_000);
});

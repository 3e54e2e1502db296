import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { RawSocket } from '../support/raw-socket.js';
import { type ServerProcess, ServerProgram } from '../support/server-program.js';
import { until } from '../support/until.js';

const PASSWORD = 'correct horse battery';

let program: ServerProgram;
let database: TestDatabase;
let nodes: ServerProcess[];
let accounts = 0;

/** Servers in processes of their own: what clients send at once arrives as the network brings it. */
beforeAll(async () => {
  [program, database] = await Promise.all([ServerProgram.make(), createDatabase()]);
  const variables = { DATABASE_URL: database.url, LOG_LEVEL: 'warn' };
  const one = await program.start({ variables });
  nodes = [one, await program.start({ variables })];
}, 120_000);
afterAll(async () => {
  await program?.close();
  await database?.drop();
});

const nodeAt = (index: number, count: number): ServerProcess => nodes[index % count] as ServerProcess;

/** A session by each protocol that has refresh, and how it is used. */
const WIRES = {
  game: {
    logIn: async (username: string) =>
      (await nodeAt(0, 1).client().post('/auth/login', { username, password: PASSWORD })).body.data,
    refresh: async (node: ServerProcess, refreshToken: string) => {
      const { status, body } = await node.client().post('/auth/refresh', { refresh_token: refreshToken });
      return { status, token: body.data?.token, refreshToken: body.data?.refresh_token };
    },
  },
  rest: {
    logIn: async (username: string) => {
      const { body, headers } = await nodeAt(0, 1).client().post('/api/v1/auth/login', { username, password: PASSWORD });
      return { token: body.access_token, refresh_token: cookieOf(headers) };
    },
    refresh: async (node: ServerProcess, refreshToken: string) => {
      const cookie = `refresh_token=${refreshToken}`;
      const { status, body, headers } = await node.client().post('/api/v1/auth/refresh', undefined, { cookie });
      return { status, token: body.access_token, refreshToken: cookieOf(headers) };
    },
  },
};
const cookieOf = (headers: Headers): string | undefined => /refresh_token=([\w-]+)/.exec(headers.getSetCookie().join())?.[1];

async function register(): Promise<string> {
  accounts += 1;
  const username = `tab-${accounts}`;
  await nodeAt(0, 1)
    .client()
    .post('/auth/register', { username, email: `${username}@example.com`, password: PASSWORD });
  return username;
}

const open = async (wire: keyof typeof WIRES): Promise<string> => (await WIRES[wire].logIn(await register())).refresh_token;

const isGood = async (node: ServerProcess, token: string): Promise<boolean> =>
  (await node.client(token).get('/api/v1/users/me')).status === 200;

describe.each(['game', 'rest'] as const)('a refresh token of %s', (name) => {
  const { logIn, refresh } = WIRES[name];

  describe.each([1, 2])('at %i node(s)', (count) => {
    it.each([
      [2, 8],
      [64, 2],
    ])(
      'used %i times at once is exchanged once, and the session lives on',
      async (uses, rounds) => {
        for (let round = 0; round < rounds; round += 1) {
          const spent = await open(name);
          const answers = await Promise.all(Array.from({ length: uses }, (_, at) => refresh(nodeAt(at, count), spent)));
          expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: uses - 1 }, () => 401)]);
          const won = answers.find(({ status }) => status === 200);
          for (const node of nodes) expect(await isGood(node, won?.token)).toBe(true);
          expect((await refresh(nodeAt(round, count), won?.refreshToken ?? '')).status).toBe(200);
        }
      },
      60_000,
    );

    it('used again after its successor was used is refused, and ends the session with its newest tokens', async () => {
      const spent = await open(name);
      const first = await refresh(nodeAt(0, count), spent);
      const second = await refresh(nodeAt(1, count), first.refreshToken ?? '');
      expect((await refresh(nodeAt(1, count), spent)).status).toBe(401);
      expect((await refresh(nodeAt(0, count), second.refreshToken ?? '')).status).toBe(401);
      await until(async () => !(await isGood(nodeAt(0, count), second.token)), 1_000);
    });

    it('used again as soon as the answer came gets another successor, and the first one is worthless', async () => {
      const spent = await open(name);
      const lost = await refresh(nodeAt(0, count), spent);
      const again = await refresh(nodeAt(1, count), spent);
      expect([lost.status, again.status]).toEqual([200, 200]);
      for (const node of nodes) {
        await until(async () => !(await isGood(node, lost.token)), 1_000);
        expect(await isGood(node, again.token)).toBe(true);
      }
      expect((await refresh(nodeAt(0, count), again.refreshToken ?? '')).status).toBe(200);
    });

    it('whose answer was lost takes the sockets of that answer along within a second, and no others', async () => {
      const { token, refresh_token: spent } = await logIn(await register());
      const lost = await refresh(nodeAt(0, count), spent);
      const open = (access: string) =>
        RawSocket.open(`${nodeAt(0, count).wsUrl}/v1/connect`, { authorization: `Bearer ${access}` });
      const [ofLogIn, ofLost] = [await open(token), await open(lost.token)];
      const from = performance.now();
      await refresh(nodeAt(1, count), spent);
      expect((await ofLost.closed).code).toBe(4401);
      expect(performance.now() - from).toBeLessThan(1_500);
      expect(await ofLogIn.command('system.whoami')).toMatchObject({ success: true });
      await ofLogIn.close();
    });

    it('replaced before it was used ends the session: the owner or a thief has the answer that counts', async () => {
      const spent = await open(name);
      const first = await refresh(nodeAt(0, count), spent);
      const second = await refresh(nodeAt(1, count), spent);
      expect((await refresh(nodeAt(0, count), first.refreshToken ?? '')).status).toBe(401);
      expect((await refresh(nodeAt(1, count), second.refreshToken ?? '')).status).toBe(401);
      await until(async () => !(await isGood(nodeAt(1, count), second.token)), 1_000);
    });
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/http-client.js';
import { RawSocket } from '../support/raw-socket.js';
import { type ServerProcess, ServerProgram } from '../support/server-program.js';

/** How soon a server that was killed has to serve again. */
const UP_AGAIN_MS = 10_000;
const WORKERS = 6;

/** What one client knows for certain about its account, because the server has said so. */
interface Member {
  readonly username: string;
  /** The acknowledged one, and one that was being set when the server died: either may hold. */
  password: string;
  maybePassword: string | undefined;
  /** Acknowledged: exchanged, or of a session that was ended. None of them may ever be good again. */
  readonly spent: string[];
  readonly dead: string[];
  /** Good ones, each of a session of its own, and those that were being used when the server died. */
  readonly live: Set<string>;
  readonly maybe: Set<string>;
}

let program: ServerProgram;
let dataDir: string;
let names = 0;

beforeAll(async () => {
  program = await ServerProgram.make();
  dataDir = await program.newFolder();
});

// A test that fails leaves nothing behind that the next one would stumble over.
afterEach(() => program.killAll());

afterAll(() => program.close());

interface Login {
  readonly refresh_token: string;
}

interface Token {
  readonly access_token: string;
}

/** One client: registers, logs in, refreshes, logs out, changes passwords, as long as the server answers. */
class Worker {
  readonly members: Member[] = [];
  /** Requests that were acknowledged. */
  steps = 0;
  /** Set before the server is killed: from then on a request may fail. */
  ending = false;

  constructor(private readonly server: ServerProcess) {}

  /** Until the server is gone. */
  async run(): Promise<void> {
    try {
      for (;;) {
        const member = await this.register();
        await this.logIn(member);
        await this.refresh(member);
        await this.logIn(member);
        await this.logOut(member);
        if (this.members.length % 3 === 0) await this.changePassword(member);
        await this.logIn(member);
        await this.refresh(member);
      }
    } catch (error) {
      // The connection was cut: whatever was asked last is neither done nor undone.
      if (!this.ending) throw error;
    }
  }

  private async post(path: string, body: Record<string, unknown>): Promise<Answer<{ readonly data: Login } & Token>> {
    const answer = await this.server.client().post(path, body);
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    this.steps += 1;
    return answer;
  }

  private async register(): Promise<Member> {
    names += 1;
    const username = `member-${names}-of-the-house`;
    const password = `password number ${names}`;
    await this.post('/auth/register', { username, email: `${username}@example.com`, password });
    const member = {
      username,
      password,
      maybePassword: undefined,
      spent: [],
      dead: [],
      live: new Set<string>(),
      maybe: new Set<string>(),
    };
    this.members.push(member);
    return member;
  }

  private async logIn(member: Member): Promise<void> {
    const { body } = await this.post('/auth/login', { username: member.username, password: member.password });
    member.live.add(body.data.refresh_token);
  }

  private async refresh(member: Member): Promise<void> {
    const token = newest(member.live);
    member.live.delete(token);
    member.maybe.add(token);
    const { body } = await this.post('/auth/refresh', { refresh_token: token });
    member.maybe.delete(token);
    member.spent.push(token);
    member.live.add(body.data.refresh_token);
  }

  private async logOut(member: Member): Promise<void> {
    const token = newest(member.live);
    member.live.delete(token);
    member.maybe.add(token);
    await this.post('/auth/logout', { refresh_token: token });
    member.maybe.delete(token);
    member.dead.push(token);
  }

  private async changePassword(member: Member): Promise<void> {
    const { body: login } = await this.post('/api/v1/auth/login', { username: member.username, password: member.password });
    const { body: me } = await this.server.client(login.access_token).get('/api/v1/users/me');
    member.maybePassword = `${member.password}, changed`;
    const sessions = [...member.live];
    for (const token of sessions) member.maybe.add(token);
    member.live.clear();
    const { status } = await this.server
      .client(login.access_token)
      .put(`/api/v1/users/${me.id}`, { password: member.maybePassword });
    if (status !== 200) throw new Error(`the change of password answered ${status}`);
    this.steps += 1;
    member.password = member.maybePassword;
    member.maybePassword = undefined;
    for (const token of sessions) member.maybe.delete(token);
    member.dead.push(...sessions);
  }
}

const newest = (tokens: ReadonlySet<string>): string => [...tokens].at(-1) ?? '';

async function expectKept(server: ServerProcess, member: Member): Promise<void> {
  const logIn = async (password: string): Promise<number> =>
    (await server.client().post('/auth/login', { username: member.username, password })).status;
  const refresh = async (token: string): Promise<number> =>
    (await server.client().post('/auth/refresh', { refresh_token: token })).status;
  const { username, password, maybePassword } = member;
  if (maybePassword === undefined) {
    expect(await logIn(password), username).toBe(200);
    if (password.endsWith(', changed')) expect(await logIn(password.replace(', changed', ''))).toBe(401);
  } else {
    expect([await logIn(password), await logIn(maybePassword)].toSorted(), username).toEqual([200, 401]);
  }
  // What was good is good, and spent as soon as its successor is used. After the change of a password that was under way nothing is certain.
  const use = async (token: string): Promise<number> => {
    const { status, body } = await server.client().post('/auth/refresh', { refresh_token: token });
    return status === 200 ? refresh(body.data.refresh_token) : status;
  };
  for (const token of member.live) expect(await use(token), username).toBe(200);
  for (const token of member.maybe) expect([200, 401]).toContain(await use(token));
  for (const token of [...member.live, ...member.maybe, ...member.spent, ...member.dead])
    expect(await refresh(token), username).toBe(401);
}

describe('kill -9 of the server', () => {
  it.each([
    ['alone', false],
    ['and of its database with it', true],
    ['alone, once more', false],
  ])(
    '%s, in the middle of everything, loses nothing that was acknowledged and revives nothing',
    async (_name, databaseToo) => {
      const server = await program.start({ dataDir });
      const workers = Array.from({ length: WORKERS }, () => new Worker(server));
      const runs = workers.map((worker) => worker.run());
      const { access_token: token } = (
        await server.client().post('/api/v1/auth/register', {
          username: `watcher-${names}`,
          email: `w${names}@example.com`,
          password: 'some password',
        })
      ).body;
      const sockets = await Promise.all(
        ['/v1/connect', '/ws/watcher', '/'].map((path) => RawSocket.open(`${server.wsUrl}${path}?token=${token}`)),
      );
      await sleep(600 + Math.random() * 900);
      for (const worker of workers) worker.ending = true;
      if (databaseToo) process.kill((await server.database()).pid, 'SIGKILL');
      await server.kill();
      await Promise.all(runs);
      for (const socket of sockets) expect((await socket.closed).code).toBe(1006);
      const steps = workers.reduce((sum, worker) => sum + worker.steps, 0);
      expect(steps).toBeGreaterThan(10);

      const from = performance.now();
      const again = await program.start({ dataDir });
      expect(performance.now() - from).toBeLessThan(UP_AGAIN_MS);
      const said = again.lines().filter(({ context }) => context === 'PostgreSQL');
      expect(said.some(({ msg }) => String(msg).includes('taken over'))).toBe(!databaseToo);
      // The same keys, the same sessions: tokens and sockets go on.
      const socket = await RawSocket.open(`${again.wsUrl}/ws/watcher?token=${token}`);
      expect((await socket.command('system.whoami')).data.username).toMatch(/^watcher-/);
      await socket.close();
      const check = async ({ members }: Worker): Promise<void> => {
        for (const member of members) await expectKept(again, member);
      };
      await Promise.all(workers.map(check));
      expect(await again.stop()).toEqual({ code: 0, signal: null });
    },
    90_000,
  );
});

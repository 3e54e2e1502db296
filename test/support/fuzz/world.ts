import { hash } from '@node-rs/argon2';
import { vi } from 'vitest';
import { PasswordHasher } from '../../../src/auth/password-hasher.js';
import { SessionsService } from '../../../src/auth/sessions.service.js';
import { Sql } from '../../../src/database/sql.js';
import { UsersRepository } from '../../../src/users/users.repository.js';
import { makeGroup } from '../chats.js';
import { runSql } from '../database.js';
import { NO_QUOTAS } from '../quotas.js';
import { RawSocket } from '../raw-socket.js';
import { PASSWORD, TestServer } from '../server.js';
import type { Pools } from './schema.js';

/** Stands for the access token of whoever sends. */
export const TOKEN = '<token>';

interface Person {
  readonly id: number;
  readonly username: string;
}

export type Actor = 'nobody' | 'user' | 'superuser';

/** A server with people, chats and a match, about which the cases are. */
export interface World {
  readonly server: TestServer;
  readonly pools: Pools;
  /** Puts right what cases have undone of it: who is in the chats, and who has blocked whom. */
  mend(): Promise<void>;
  /** An access token of a new session; of a new account, if a case has locked the old one out. Of nobody it is none. */
  token(of: Actor): Promise<string>;
  /** An access token of somebody whom no case is about. */
  readonly bystander: string;
  stop(): Promise<void>;
}

/** Hashing is not what is tried, and would be most of the time. */
async function hashCheaply(server: TestServer): Promise<string> {
  const cost = { memoryCost: 8, timeCost: 1, parallelism: 1 };
  const hasher = server.app.get(PasswordHasher);
  const cheap = await hash(PASSWORD, cost);
  vi.spyOn(hasher, 'hash').mockImplementation((password) => hash(password.normalize('NFC'), cost));
  vi.spyOn(hasher, 'needsRehash').mockReturnValue(false);
  Reflect.set(hasher, 'dummy', Promise.resolve(cheap));
  return cheap;
}

/** Accounts that cases act as. Their names and ids are not those of examples, and no small numbers. */
class Cast {
  private readonly actors = new Map<Actor, Person>();
  private made = 0;

  constructor(
    private readonly server: TestServer,
    private readonly passwordHash: string,
  ) {}

  person(username: string, isSuperuser = false): Promise<Person> {
    return this.server.app.get(Sql).transaction(async (tx) => {
      const fields = { fullName: null, passwordHash: this.passwordHash, isActive: true, isSuperuser };
      const email = `${username}@example.com`;
      const { id } = await this.server.app.get(UsersRepository).insert(tx, { username, email, ...fields });
      return { id, username };
    });
  }

  async actor(kind: Actor): Promise<Person> {
    const known = this.actors.get(kind);
    if (known) return known;
    this.made += 1;
    const made = await this.person(`fuzzing-${kind}-${this.made}`, kind === 'superuser');
    this.actors.set(kind, made);
    return made;
  }

  async session({ id }: Person): Promise<string> {
    const origin = { protocol: 'rest', address: '127.0.0.1', userAgent: null };
    const { passwordHash } = this;
    const { token } = await this.server.app.get(SessionsService).open({ id, passwordHash }, origin, { refresh: false });
    return token;
  }

  async token(of: Actor): Promise<string> {
    if (of === 'nobody') return 'x.y.z';
    try {
      return await this.session(await this.actor(of));
    } catch {
      // Deleted, deactivated, or with another password.
      this.actors.delete(of);
      return this.session(await this.actor(of));
    }
  }
}

export async function makeWorld(): Promise<World> {
  const server = await TestServer.start({ variables: NO_QUOTAS });
  const { url } = server.database;
  const cast = new Cast(server, await hashCheaply(server));
  await runSql(url, 'ALTER SEQUENCE users_id_seq RESTART 1000');
  const [user, superuser] = [await cast.actor('user'), await cast.actor('superuser')];
  const [bob, carol, david] = [await cast.person('bobby'), await cast.person('carol'), await cast.person('david')];
  const own = await makeGroup(url, [user.id, superuser.id, bob.id]);
  const foreign = await makeGroup(url, [bob.id, carol.id]);
  const http = server.client(await cast.session(user));
  const { body } = await http.post('/api/v1/chats', { chat_type: 'personal', members: [carol.username] });
  for (const chat of [own, body.chat_id]) {
    for (const content of ['one', 'two', 'three']) await http.post(`/api/v1/chats/${chat}/messages`, { content });
  }
  const host = await RawSocket.open(`${server.wsUrl}/v1/connect?token=${await cast.session(bob)}`);
  const match = (await host.command('game.create_match', { max_players: 64 })).data;
  const pools: Pools = {
    chat_id: [own, own, own, body.chat_id, foreign, 999_999],
    seq: [1, 2, 3, 4],
    after_seq: [0, 1, 2],
    before_seq: [2, 3],
    before: [2, 3],
    user_id: [bob.id, carol.id, david.id, 999_999],
    members: [bob.username, carol.username, david.username, 'nobody-at-all'],
    username: [david.username, 'nobody-at-all'],
    login: [david.username, 'nobody-at-all'],
    known_data: [david.username, `${david.username}@example.com`],
    password: [PASSWORD, 'another password'],
    match_id: [match.match_id, 'nowhere'],
    report_id: [1, 2, 3],
    until: ['2100-01-01T00:00:00Z', '2000-01-01T00:00:00Z'],
    domain: ['system', 'chat'],
    command: ['ping', 'list'],
    id: ['x', '1'],
    client_msg_id: ['m1', 'm2', null],
    content: ['text', 'Привет', '🎮'],
    token: [TOKEN, TOKEN, TOKEN, 'x.y.z', null],
    timestamp: [1_735_689_600],
  };
  const mend = async (): Promise<void> => {
    const ids = [(await cast.actor('user')).id, (await cast.actor('superuser')).id];
    await server.app.get(Sql).rows(MEND, [own, ids]);
  };
  const stop = async (): Promise<void> => {
    host.terminate();
    await server.stop();
    vi.restoreAllMocks();
  };
  const bystander = await cast.session(await cast.person('bystander'));
  return { server, pools, mend, token: (of) => cast.token(of), bystander, stop };
}

/** Whoever acts is in the group, owns it first of all, and has blocked nobody. */
const MEND = `
  WITH unblocked AS (DELETE FROM blocks WHERE user_id = ANY ($2))
  INSERT INTO chat_members (chat_id, user_id, role)
  SELECT $1, id, 'admin' FROM unnest($2::bigint[]) id WHERE EXISTS (SELECT 1 FROM chats WHERE chats.id = $1)
  ON CONFLICT DO NOTHING`;

import { hash } from '@node-rs/argon2';
import { vi } from 'vitest';
import { PasswordHasher } from '../../../src/auth/password-hasher.js';
import { SessionsService } from '../../../src/auth/sessions.service.js';
import { Sql } from '../../../src/database/sql.js';
import { UsersRepository } from '../../../src/users/users.repository.js';
import { makeGroup } from '../chats.js';
import { NO_QUOTAS } from '../quotas.js';
import { RawSocket } from '../raw-socket.js';
import { PASSWORD, TestServer } from '../server.js';
import type { Pools } from './schema.js';

/** Stands for the access token of whoever sends. */
export const TOKEN = '<token>';

export interface Person {
  readonly id: number;
  readonly username: string;
}

/** A server with people, chats and a match, about which the cases are. */
export interface World {
  readonly server: TestServer;
  readonly alice: Person;
  readonly boss: Person;
  readonly pools: Pools;
  newPerson(username: string, isSuperuser?: boolean): Promise<Person>;
  /** A new session of somebody. @returns its access token @throws if the account is gone or has another password */
  session(of: Person): Promise<string>;
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

export async function makeWorld(): Promise<World> {
  const server = await TestServer.start({ variables: NO_QUOTAS });
  const passwordHash = await hashCheaply(server);
  const sql = server.app.get(Sql);
  const users = server.app.get(UsersRepository);
  const newPerson = (username: string, isSuperuser = false): Promise<Person> =>
    sql.transaction(async (tx) => {
      const fields = { fullName: null, passwordHash, isActive: true, isSuperuser };
      const { id } = await users.insert(tx, { username, email: `${username}@example.com`, ...fields });
      return { id, username };
    });
  const [alice, bob, carol, david] = [
    await newPerson('alice'),
    await newPerson('bobby'),
    await newPerson('carol'),
    await newPerson('david'),
  ];
  const boss = await newPerson('owner', true);
  const sessions = server.app.get(SessionsService);
  const session = async (person: Person): Promise<string> => {
    const origin = { protocol: 'rest', address: '127.0.0.1', userAgent: null };
    const { token } = await sessions.open({ id: person.id, passwordHash }, origin, { refresh: false });
    return token;
  };
  const own = await makeGroup(server.database.url, [alice.id, bob.id]);
  const foreign = await makeGroup(server.database.url, [bob.id, carol.id]);
  const as = async (person: Person) => server.client(await session(person));
  const aliceHttp = await as(alice);
  const { body } = await aliceHttp.post('/api/v1/chats', { chat_type: 'personal', members: [carol.username] });
  for (const chat of [own, body.chat_id]) {
    for (const content of ['one', 'two', 'three']) await aliceHttp.post(`/api/v1/chats/${chat}/messages`, { content });
  }
  const host = await RawSocket.open(`${server.wsUrl}/v1/connect?token=${await session(bob)}`);
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
    known_data: [david.username, `${david.username}@example.com`],
    password: [PASSWORD, 'another password'],
    match_id: [match.match_id, 'nowhere'],
    client_msg_id: ['m1', 'm2', null],
    content: ['text', 'Привет', '🎮'],
    token: [TOKEN, TOKEN, TOKEN, 'x.y.z', null],
    timestamp: [1_735_689_600],
  };
  const stop = async (): Promise<void> => {
    host.terminate();
    await server.stop();
    vi.restoreAllMocks();
  };
  return { server, alice, boss, pools, newPerson, session, stop };
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { has } from '../support/capabilities.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { RawSocket } from '../support/raw-socket.js';
import { TestRedis } from '../support/redis.js';
import { type ServerProcess, ServerProgram } from '../support/server-program.js';
import { until } from '../support/until.js';

/** The seats of a node that dies run out after 30 s, and the others look every 10 s. */
const GONE_MS = 45_000;

interface Person {
  readonly id: number;
  readonly token: string;
}

describe.runIf(has.redis)('matches of two processes', () => {
  let program: ServerProgram;
  let redis: TestRedis;
  let database: TestDatabase;
  let variables: Record<string, string>;
  let one: ServerProcess;
  let people: Person[];

  beforeAll(async () => {
    program = await ServerProgram.make();
    redis = await TestRedis.start();
    database = await createDatabase('bare');
    variables = { DATABASE_URL: database.url, REDIS_URL: redis.url };
    one = await program.start({ variables });
    people = [];
    for (const username of ['alice', 'bob', 'carol']) {
      const account = { username, email: `${username}@example.com`, password: 'correct horse battery' };
      const { body } = await one.client().post('/api/v1/auth/register', account);
      const me = await one.client(body.access_token).get('/api/v1/users/me');
      people.push({ id: me.body.id, token: body.access_token });
    }
  }, 60_000);
  afterAll(async () => {
    await program.close();
    await redis.stop();
    await database.drop();
  });

  const open = (node: ServerProcess, person: number): Promise<RawSocket> =>
    RawSocket.open(`${node.wsUrl}/v1/connect?token=${people[person]?.token}`);
  const heard = (socket: RawSocket, event: string, deadlineMs?: number) =>
    socket.nextThat((frame) => frame.domain === 'game' && frame.event === event, deadlineMs).then(({ data }) => data);
  /** How many open matches count for somebody. */
  const matchesMadeBy = async (person: number): Promise<number> => {
    const { body } = await one.client(people[person]?.token).get('/api/v1/users/me/usage');
    return body.quotas.find(({ kind }: { kind: string }) => kind === 'matches').used;
  };
  /** Bob on one node, alone against Alice on another. */
  const start = async (two: ServerProcess) => {
    const [alice, bob] = [await open(one, 0), await open(two, 1)];
    const { match_id } = (await alice.command('game.create_match', { max_players: 2 })).data;
    expect(await bob.command('game.join_match', { match_id })).toMatchObject({ success: true });
    expect(await heard(alice, 'joined')).toMatchObject({ match_id, user_id: people[1]?.id });
    return { alice, bob, match_id };
  };

  it('relay between them, in order', async () => {
    const two = await program.start({ variables });
    const { alice, bob, match_id } = await start(two);
    const count = 200;
    // The allowance for frames is 240 in one go.
    for (let n = 0; n < count; n++) {
      const frame = { type: 'command', v: 1, request_id: `${n}`, domain: 'game', command: 'send_state' };
      bob.send({ ...frame, payload: { match_id, op: 'move', data: n } });
    }
    for (let n = 0; n < count; n++) {
      expect(await heard(alice, 'state')).toEqual({ match_id, from_id: people[1]?.id, op: 'move', data: n });
    }
    await Promise.all([alice.close(), bob.close()]);
    await two.stop();
  });

  it('keep the seats of players whose node stops: they come back over another one, or leave a little later', async () => {
    const two = await program.start({ variables });
    const { alice, match_id } = await start(two);
    expect(await two.stop()).toEqual({ code: 0, signal: null });
    const bob = await open(one, 1);
    expect((await bob.command('game.join_match', { match_id })).data.players).toHaveLength(2);
    await bob.command('game.send_state', { match_id, op: 'back' });
    expect(await alice.next()).toMatchObject({ event: 'state', data: { op: 'back' } });
    await bob.close();
    await alice.close();
  });

  it('are left by the players of a node that stopped, who did not come back', async () => {
    const two = await program.start({ variables });
    const { alice, match_id } = await start(two);
    await two.stop();
    expect(await heard(alice, 'left', 25_000)).toEqual({ match_id, user_id: people[1]?.id, username: 'bob' });
    await alice.close();
  }, 60_000);

  it('are left by the players of a node that dies, their places are free, and their own matches no longer count for them', async () => {
    const two = await program.start({ variables });
    const { alice, bob, match_id } = await start(two);
    expect(await bob.command('game.create_match', { max_players: 2 })).toMatchObject({ success: true });
    expect(await matchesMadeBy(1)).toBe(1);
    await two.kill();
    const carol = await open(one, 2);
    expect(await carol.command('game.join_match', { match_id })).toMatchObject({ code: 'conflict', detail: 'The match is full' });
    expect(await heard(alice, 'left', GONE_MS)).toEqual({ match_id, user_id: people[1]?.id, username: 'bob' });
    expect(await carol.command('game.join_match', { match_id })).toMatchObject({ success: true });
    await until(async () => (await matchesMadeBy(1)) === 0, GONE_MS);
    expect((await carol.command('game.list_matches')).data.matches[0].players).toHaveLength(2);
    expect(await matchesMadeBy(0)).toBe(1);
    await Promise.all([alice.close(), carol.close()]);
  }, 120_000);

  it('go on between the players of a node while Redis is away, and are all there again after it', async () => {
    const [alice, bob] = [await open(one, 0), await open(one, 1)];
    const { match_id } = (await alice.command('game.create_match', { max_players: 3 })).data;
    await bob.command('game.join_match', { match_id });
    await redis.down();
    await until(async () => (await alice.command('game.create_match', { max_players: 2 })).code === 'unavailable');
    await alice.command('game.send_state', { match_id, op: 'meanwhile' });
    expect((await heard(bob, 'state')).op).toBe('meanwhile');
    expect(await bob.command('game.leave_match', { match_id })).toMatchObject({ code: 'unavailable' });
    expect(await bob.command('game.leave_match', { match_id })).toMatchObject({ code: 'not_found' });
    await redis.up();
    // It has lost everything; the match comes back with the next renewal.
    const listed = async () => (await alice.command('game.list_matches')).data?.matches ?? [];
    const [match] = await until(async () => ((await listed()).length > 0 ? listed() : null), 20_000);
    expect(match).toMatchObject({ match_id, players: [{ user_id: people[0]?.id }] });
    expect(await bob.command('game.join_match', { match_id })).toMatchObject({ success: true });
    await Promise.all([alice.close(), bob.close()]);
  }, 40_000);
});

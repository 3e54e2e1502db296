import { Inject, Injectable, Module } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { afterEach, describe, expect, it } from 'vitest';
import { sessionOf } from '../../src/commands/caller.js';
import { Command } from '../../src/commands/command.js';
import { Dispatcher } from '../../src/commands/dispatcher.js';
import { Sql } from '../../src/database/sql.js';
import { ASKS_DATABASE } from '../../src/http/database-lane.js';
import { RestCommandRunner } from '../../src/protocols/rest/command-runner.js';
import type { Caller } from '../../src/realtime/connection.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** Commands that keep a connection of the database until the test lets them go. */
@Injectable()
class Slow {
  readonly begun: number[] = [];
  private ends: (() => void)[] = [];

  constructor(@Inject(Sql) private readonly sql: Sql) {}

  @Command('slow.hold', { summary: 'Keeps a connection.' })
  hold(_payload: object, caller: Caller): Promise<object> {
    return this.sql.transaction(async (tx) => {
      await tx.rows('SELECT 1');
      const held = new Promise<void>((resolve) => this.ends.push(resolve));
      this.begun.push(sessionOf(caller).userId);
      await held;
      return {};
    });
  }

  end(): void {
    for (const end of this.ends.splice(0)) end();
  }
}

@Module({ providers: [Slow], exports: [Slow] })
class SlowModule {}

describe('a user who keeps the database busy', () => {
  let server: TestServer;
  let slow: Slow;
  let held: Promise<unknown>[] = [];

  const start = async (variables: Record<string, string> = {}): Promise<void> => {
    server = await TestServer.start({ extensions: [SlowModule], variables });
    slow = server.app.get(Slow, { strict: false });
  };
  const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });
  const hold = (who: Account, times: number, headers: Record<string, string> = {}): void => {
    for (let i = 0; i < times; i++) held.push(who.client.post('/api/v1/commands/slow/hold', {}, headers));
  };
  const list = (who: Account, headers: Record<string, string> = {}) => who.client.post('/api/v1/commands/chat/list', {}, headers);
  const metric = async (name: string): Promise<number> => {
    const { body } = await server.client().get<string>('/metrics');
    return Number(
      body
        .split('\n')
        .find((line) => line.startsWith(`switchboard_${name} `))
        ?.split(' ')[1],
    );
  };
  const waiting = () => metric('database_lanes{state="waiting"}');

  afterEach(async () => {
    const answers = Promise.all(held.splice(0));
    const ending = setInterval(() => slow.end(), 10);
    await answers;
    clearInterval(ending);
    await server.stop();
    held = [];
  });

  it('has four commands under way at a time, whose fifth waits, while others are answered', async () => {
    await start();
    const [busy, other] = [await server.user(), await server.user()];
    hold(busy, 6);
    await until(() => slow.begun.length === 4);
    expect(await until(async () => (await waiting()) === 2)).toBe(true);
    expect((await list(other)).status).toBe(200);
    expect(slow.begun).toHaveLength(4);
    slow.end();
    await until(() => slow.begun.length === 6);
    slow.end();
    const answers = (await Promise.all(held)) as { status: number }[];
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(await waiting()).toBe(0);
  });

  it('waits with requests over plain HTTP, too, except for log-in, refresh and log-out', async () => {
    await start();
    const [busy, other] = [await server.user(), await server.user()];
    hold(busy, 4);
    await until(() => slow.begun.length === 4);
    const sessions = busy.client.get(`/api/v1/users/${busy.id}/sessions`);
    held.push(sessions);
    await until(async () => (await waiting()) === 1);
    expect((await other.client.get(`/api/v1/users/${other.id}/sessions`)).status).toBe(200);
    expect((await busy.client.get('/api/v1/users/me')).status).toBe(200);
    const again = await server.client().logIn(busy.username, PASSWORD);
    const refreshed = await server
      .client()
      .post('/api/v1/auth/refresh', undefined, { cookie: `refresh_token=${again.refreshToken}`, origin: server.url });
    expect(refreshed.status).toBe(200);
    expect((await server.client(again.token).post('/api/v1/auth/logout')).status).toBe(200);
    expect(await waiting()).toBe(1);
    slow.end();
    expect((await sessions).status).toBe(200);
  });

  it('answers over sockets what needs no turn, and the rest in the order in which it was asked', async () => {
    await start();
    const busy = await server.user();
    hold(busy, 4);
    await until(() => slow.begun.length === 4);
    const messenger = await server.socket('/', { authorization: `Bearer ${busy.tokens.token}` });
    const order: string[] = [];
    const chats = messenger.ask({ mode: 'getChats', token: busy.tokens.token, timestamp: 1 }).then(() => order.push('getChats'));
    held.push(chats);
    await until(async () => (await waiting()) === 1);
    const game = await server.socket(`/v1/connect?token=${busy.tokens.token}`);
    await game.next();
    expect(await game.command('system.ping')).toMatchObject({ success: true });
    expect(await game.command('chat.read', { chat_id: 1, seq: 1 })).toMatchObject({ code: 'not_found' });
    expect(await game.command('chat.send', { chat_id: 1, content: 'x' })).toMatchObject({ code: 'not_found' });
    expect(order).toEqual([]);
    slow.end();
    await chats;
    await Promise.all([messenger.close(), game.close()]);
  });

  it('cannot take the connections that are kept for log-in and health, however many they are', async () => {
    await start({ TRUST_PROXY: 'loopback' });
    const busy = await Promise.all([1, 2, 3, 4].map(() => server.user()));
    const late = await server.user();
    for (const [i, who] of busy.entries()) hold(who, 2, from(`192.0.2.${i}`));
    // All that are for everybody.
    await until(() => slow.begun.length === 8);
    const { token, refreshToken } = await server.client().logIn(late.username, PASSWORD);
    expect((await server.client().get('/health/ready')).status).toBe(200);
    const refreshed = await server
      .client()
      .post('/api/v1/auth/refresh', undefined, { cookie: `refresh_token=${refreshToken}`, origin: server.url });
    expect(refreshed.status).toBe(200);
    // Somebody whom this node has not seen is looked up.
    expect((await server.client(token).post('/api/v1/commands/system/whoami', {})).body.data.user_id).toBe(late.id);
    expect((await list(late)).status).toBe(503);
    slow.end();
    expect((await list(late)).status).toBe(200);
  });

  it('leaves a quarter of the shared connections to other addresses, however many accounts there are at its own', async () => {
    await start({ TRUST_PROXY: 'loopback' });
    const busy = await Promise.all([1, 2, 3, 4].map(() => server.user()));
    const other = await server.user();
    for (const who of busy) hold(who, 4, from('192.0.2.1'));
    await until(() => slow.begun.length === 6);
    expect(await until(async () => (await waiting()) === 10)).toBe(true);
    expect((await list(other, from('192.0.2.2'))).status).toBe(200);
    expect(slow.begun).toHaveLength(6);
  });

  it('leaves room in the smallest pool', async () => {
    await start({ DATABASE_POOL: '2' });
    const [busy, other] = [await server.user(), await server.user()];
    hold(busy, 2);
    await until(() => slow.begun.length === 1);
    await until(async () => (await waiting()) === 1);
    const { token } = await server.client().logIn(other.username, PASSWORD);
    expect((await server.client().get('/health/ready')).status).toBe(200);
    const asked = server.client(token).post('/api/v1/commands/chat/list', {});
    // Asked of the pool itself: to scrape the metrics may take as long as a caller waits for a connection.
    await until(() => server.app.get(Sql).state.waiting === 1);
    slow.end();
    // Between the questions of a list the other one's second command has its turn, and has to end, too.
    await until(() => slow.begun.length === 2);
    slow.end();
    expect((await asked).status).toBe(200);
  });

  it('is counted by user, and its address by all of its users', async () => {
    await start({ DATABASE_POOL: '50' });
    const users = await Promise.all([1, 2, 3, 4, 5].map(() => server.user()));
    for (const who of users) hold(who, 4);
    await until(() => slow.begun.length === 16);
    expect(await until(async () => (await waiting()) === 4)).toBe(true);
    slow.end();
    await until(() => slow.begun.length === 20);
    for (const { id } of users) expect(slow.begun.filter((userId) => userId === id)).toHaveLength(4);
  });
});

describe('every route', () => {
  /** Those that ask nothing of the database, or only by a batcher. */
  const FREE = [
    /^(Docs|Console|Jwks|Metrics|RestRecoverPage)Controller\./,
    /^RestUsersController\.(me|read)$/,
    /^RestConnectionsController\.list(OfUser)?$/,
    /^RestFiguresController\.read$/,
  ];
  /** What never waits: log-in and whatever keeps a session going or ends it, registering, recovery, health. */
  const NEVER = [/^(RestAuth|Game|Mcp)Controller\./, /^HealthController\./];

  it('that asks the database for somebody waits for its turn', async () => {
    const server = await TestServer.start();
    try {
      const [discovery, scanner, reflector] = [DiscoveryService, MetadataScanner, Reflector].map((token) =>
        server.app.get<unknown>(token, { strict: false }),
      ) as [DiscoveryService, MetadataScanner, Reflector];
      const waiting: string[] = [];
      const others: string[] = [];
      for (const { metatype, instance } of discovery.getControllers()) {
        // A command waits by itself.
        const parts: unknown[] = Object.values(instance as object);
        if (parts.some((part) => part instanceof Dispatcher || part instanceof RestCommandRunner)) continue;
        const prototype = Object.getPrototypeOf(instance) as Record<string, () => void>;
        for (const name of scanner.getAllMethodNames(prototype)) {
          const method = prototype[name];
          if (!method || reflector.get('method', method) === undefined) continue;
          (reflector.get(ASKS_DATABASE, method) ? waiting : others).push(`${metatype?.name}.${name}`);
        }
      }
      expect(waiting).toContain('RestUsersController.list');
      expect(others.filter((name) => ![...FREE, ...NEVER].some((known) => known.test(name)))).toEqual([]);
    } finally {
      await server.stop();
    }
  });
});

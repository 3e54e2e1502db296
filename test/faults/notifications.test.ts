import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Notifications } from '../../src/database/notifications.js';
import { adminUrl, createDatabase, runSql, type TestDatabase } from '../support/database.js';
import { Line } from '../support/line.js';
import { until } from '../support/until.js';

const TIMES = { checkEvery: 50, limit: 200, connectLimit: 200, firstRetry: 10, lastRetry: 40 };

describe('Notifications', () => {
  let database: TestDatabase;
  let line: Line;
  let notifications: Notifications;
  let events: string[];

  beforeEach(async () => {
    database = await createDatabase();
    line = new Line(new URL(database.url));
    notifications = new Notifications(await line.open(), TIMES);
    events = [];
    notifications.onLost(() => events.push(`lost ${notifications.trusted}`));
    notifications.onRestored(() => events.push(`restored ${notifications.trusted}`));
  });

  afterEach(async () => {
    await notifications.onApplicationShutdown();
    await line.close();
    await database.drop();
  });

  const notify = (payload: string, channel = 'switchboard'): Promise<unknown> =>
    runSql(database.url, 'SELECT pg_notify($1, $2)', [channel, payload]);

  it('calls the handlers of each kind with the subject, until they are taken off', async () => {
    const heard: string[] = [];
    notifications.on('user', (id) => heard.push(`user ${id}`));
    notifications.on('session', (id) => heard.push(`session ${id}`));
    const off = notifications.on('keys', (subject) => heard.push(`keys «${subject}»`));
    expect(notifications.trusted).toBe(false);
    await notifications.onModuleInit();
    expect(notifications.trusted).toBe(true);
    expect(events).toEqual(['restored false']);
    for (const payload of ['user:7', 'session:a:b', 'keys', 'unknown:1', '', ':']) await notify(payload);
    await notify('user:8', 'elsewhere');
    await until(() => heard.length >= 3);
    off();
    await notify('keys');
    await notify('user:9');
    await until(() => heard.includes('user 9'));
    expect(heard).toEqual(['user 7', 'session a:b', 'keys «»', 'user 9']);
  });

  it('does not let one handler that throws keep the others from hearing', async () => {
    const heard: string[] = [];
    notifications.on('user', () => {
      throw new Error('a handler of this test');
    });
    notifications.on('user', (id) => heard.push(id));
    await notifications.onModuleInit();
    await notify('user:1');
    await until(() => heard.length > 0);
    expect(notifications.trusted).toBe(true);
  });

  it('is not trusted while the connection is gone, says so, and comes back', async () => {
    const heard: string[] = [];
    notifications.on('user', (id) => heard.push(id));
    await notifications.onModuleInit();
    line.cut();
    await until(() => !notifications.trusted, 1_000);
    expect(events).toEqual(['restored false', 'lost false']);
    await notify('user:1'); // missed: this is why caches are emptied at `restored`
    line.mend();
    await until(() => notifications.trusted);
    expect(events).toEqual(['restored false', 'lost false', 'restored false']);
    await notify('user:2');
    await until(() => heard.length > 0);
    expect(heard).toEqual(['2']);
  });

  it('notices a connection that is open but silent', async () => {
    await notifications.onModuleInit();
    line.silence();
    await until(() => !notifications.trusted, 2_000);
    line.mend();
    await until(() => notifications.trusted);
    expect(events).toEqual(['restored false', 'lost false', 'restored false']);
  });

  it('by its own settings notices that within a second', async () => {
    const quick = new Line(new URL(database.url));
    const standard = new Notifications(await quick.open());
    try {
      await standard.onModuleInit();
      expect(standard.trusted).toBe(true);
      quick.silence();
      const from = performance.now();
      await until(() => !standard.trusted);
      expect(performance.now() - from).toBeLessThan(1_000);
    } finally {
      await standard.onApplicationShutdown();
      await quick.close();
    }
  });

  it('notices that the server has ended its session', async () => {
    await notifications.onModuleInit();
    await runSql(
      adminUrl(),
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'switchboard-listen' AND datname = $1`,
      [new URL(database.url).pathname.slice(1)],
    );
    await until(() => events.length === 3);
    expect(events).toEqual(['restored false', 'lost false', 'restored false']);
  });

  it('does not stop a start while the database is away, and begins when it is there', async () => {
    line.cut();
    await notifications.onModuleInit();
    expect(notifications.trusted).toBe(false);
    line.mend();
    await until(() => notifications.trusted);
    expect(events).toEqual(['restored false']);
  });

  it('stops for good at the shutdown', async () => {
    await notifications.onModuleInit();
    await notifications.onApplicationShutdown();
    expect(notifications.trusted).toBe(false);
    const left = await until(async () => {
      const rows = await runSql(
        adminUrl(),
        `SELECT FROM pg_stat_activity WHERE application_name = 'switchboard-listen' AND datname = $1`,
        [new URL(database.url).pathname.slice(1)],
      );
      return rows.length === 0;
    });
    expect(left).toBe(true);
    expect(events).toEqual(['restored false', 'lost false']);
  });
});

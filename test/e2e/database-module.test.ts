import { Test, type TestingModule } from '@nestjs/testing';
import { getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';
import { Column, Entity, PrimaryGeneratedColumn, type Repository } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectDatabase } from '../../src/database/connect.js';
import { DatabaseModule } from '../../src/database/database.module.js';
import { Notifications } from '../../src/database/notifications.js';
import { openDatabase } from '../../src/database/open-database.js';
import { Sql } from '../../src/database/sql.js';
import { DatabaseStartError } from '../../src/database/start-error.js';
import { adminUrl, createDatabase, runSql, type TestDatabase } from '../support/database.js';
import { Line } from '../support/line.js';
import { until } from '../support/until.js';

@Entity('users')
class Row {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id!: number;
  @Column('text')
  username!: string;
  @Column('text')
  usernameFold!: string;
  @Column('text')
  usernameSkeleton!: string;
  @Column('text')
  usernameLookalike!: string;
  @Column('text')
  passwordHash!: string;
}

describe('DatabaseModule', () => {
  let database: TestDatabase;
  let module: TestingModule | undefined;

  beforeAll(async () => {
    database = await createDatabase('bare');
  });
  afterEach(async () => {
    await module?.close();
    module = undefined;
  });
  afterAll(() => database.drop());

  const start = async (url: string): Promise<TestingModule> => {
    const options = { url, pool: 2, entities: [Row] };
    const made = Test.createTestingModule({ imports: [DatabaseModule.forRoot(options), TypeOrmModule.forFeature([Row])] });
    module = await made.compile();
    return module.init();
  };

  it('migrates an empty database and gives repositories, SQL and notifications over it', async () => {
    const app = await start(database.url);
    const users = app.get<Repository<Row>>(getRepositoryToken(Row));
    const keys = { usernameFold: 'mary', usernameSkeleton: 'mary', usernameLookalike: 'mary' };
    const saved = await users.save({ username: 'Mary', ...keys, passwordHash: '-' });
    expect(saved.id).toBe(1); // a number, though it is a bigint
    expect(await users.findOneByOrFail({ usernameFold: 'mary' })).toMatchObject({ id: 1, username: 'Mary' });
    expect(await app.get(Sql).rows('SELECT id, username FROM users')).toEqual([{ id: 1, username: 'Mary' }]);

    const notifications = app.get(Notifications);
    expect(notifications.trusted).toBe(true);
    const heard: string[] = [];
    notifications.on('user', (id) => heard.push(id));
    await users.update({ id: 1 }, { username: 'MARY' });
    await until(() => heard.length > 0);
    expect(heard).toEqual(['1']);
  });

  it('closes every connection at the shutdown', async () => {
    const app = await start(database.url);
    await Promise.all([app.get(Sql).rows('SELECT pg_sleep(0.01)'), app.get(Sql).rows('SELECT pg_sleep(0.01)')]);
    await app.close();
    const name = new URL(database.url).pathname.slice(1);
    await until(async () => (await runSql(adminUrl(), 'SELECT FROM pg_stat_activity WHERE datname = $1', [name])).length === 0);
  });

  it('fails with the one line, at once, where the database will not have us', async () => {
    const wrong = new URL(database.url);
    wrong.password = 'wrong';
    const began = performance.now();
    await expect(start(wrong.href)).rejects.toBeInstanceOf(DatabaseStartError);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('waits for a server that is not up yet, for a while', async () => {
    const line = new Line(new URL(database.url));
    const url = await line.open();
    const options = { pool: 2, entities: [] };
    try {
      line.cut();
      const gaveUp = connectDatabase(url, options, 1_000);
      await expect(gaveUp).rejects.toThrow(
        /^The database at 127\.0\.0\.1:\d+\/\w+ did not answer for 1 seconds [^\n]*DATABASE_URL[^\n]*$/,
      );
      const connecting = connectDatabase(url, options);
      await until(() => line.refused >= 5);
      line.mend();
      await (await connecting).destroy();
    } finally {
      await line.close();
    }
  });

  it('leaves a database that DATABASE_URL names alone, and does not show its password', async () => {
    const opened = await openDatabase({
      DATABASE_URL: 'postgres://me:hidden@db.example/app',
      DATABASE_POOL: 10,
      DATA_DIR: '/nowhere',
    });
    expect(opened.describe).toBe('PostgreSQL at db.example:5432/app');
    expect(opened.url).toBe('postgres://me:hidden@db.example/app');
    await opened.stop();
  });
});

import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { connectDatabase } from './connect.js';
import { Notifications } from './notifications.js';
import { dataSourceOptions, type PoolOptions } from './options.js';
import { ReservedSql, Sql } from './sql.js';

/**
 * The database for everybody: repositories by TypeORM, `Sql` for hot paths, `ReservedSql` for log-in and health,
 * `Notifications` for caches. The server itself is
 * opened before the application and stopped after it (`openDatabase`): TypeORM closes its pool in the last shutdown hook.
 */
@Module({})
export class DatabaseModule {
  /**
   * @param database.url where the server is, from `openDatabase`
   * @param database.pool DATABASE_POOL
   * @param database.entities all entities of the application
   */
  static forRoot({ url, ...options }: PoolOptions & { readonly url: string }): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: [
        TypeOrmModule.forRootAsync({
          // `connectDatabase` has its own patience and its own words for what is wrong.
          useFactory: () => ({ ...dataSourceOptions(url, options), retryAttempts: 1, toRetry: () => false }),
          dataSourceFactory: () => connectDatabase(url, options),
        }),
      ],
      providers: [Sql, ReservedSql, { provide: Notifications, useFactory: () => new Notifications(url) }],
      exports: [TypeOrmModule, Sql, ReservedSql, Notifications],
    };
  }
}

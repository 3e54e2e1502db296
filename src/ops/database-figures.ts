import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Metrics, type Reading } from './metrics.js';

const FIGURES = { total: 'totalCount', idle: 'idleCount', waiting: 'waitingCount' } as const;

/** What the driver's pool says of itself; TypeORM hands it out untyped. */
function poolOf(database: DataSource): object {
  const pool: unknown = Reflect.get(database.driver, 'master');
  return typeof pool === 'object' && pool !== null ? pool : {};
}

/** The figures of the database pool: connections open and idle, and queries that wait for one. */
@Injectable()
export class DatabaseFigures implements OnModuleInit {
  constructor(
    private readonly database: DataSource,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.metrics.watch(
      'database_pool',
      'Database connections by state, and queries that wait for one',
      () => this.read(),
      'state',
    );
  }

  private read(): Reading {
    const pool = poolOf(this.database);
    return Object.fromEntries(
      Object.entries(FIGURES).map(([state, property]) => [state, Number(Reflect.get(pool, property) ?? 0)]),
    );
  }
}

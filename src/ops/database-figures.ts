import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Sql } from '../database/sql.js';
import { Metrics } from './metrics.js';

/** The figures of the database pool: connections open and idle, and queries that wait for one. */
@Injectable()
export class DatabaseFigures implements OnModuleInit {
  constructor(
    private readonly sql: Sql,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.metrics.watch(
      'database_pool',
      'Database connections by state, and queries that wait for one',
      () => ({ ...this.sql.state }),
      'state',
    );
  }
}

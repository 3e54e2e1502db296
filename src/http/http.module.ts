import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { FaultLog } from '../errors/fault-log.js';
import { Metrics } from '../ops/metrics.js';
import { BasePath } from './base-path.js';
import { ClientAddress } from './client-address.js';
import { ErrorFormats } from './error-formats.js';
import { HttpExceptionFilter } from './exception.filter.js';
import { IdempotencyGuard } from './idempotency.guard.js';
import { KnownRoutes } from './known-routes.js';
import { OriginPolicy } from './origins.js';

/** What every controller and every socket shares: the protocols' error formats, allowed origins, the one exception filter. */
@Global()
@Module({
  providers: [
    ErrorFormats,
    BasePath,
    ClientAddress,
    OriginPolicy,
    FaultLog,
    KnownRoutes,
    HttpExceptionFilter,
    { provide: APP_FILTER, useExisting: HttpExceptionFilter },
    { provide: APP_GUARD, useClass: IdempotencyGuard },
  ],
  exports: [KnownRoutes, ErrorFormats, BasePath, ClientAddress, OriginPolicy, FaultLog, HttpExceptionFilter],
})
export class HttpModule {
  constructor(faults: FaultLog, metrics: Metrics) {
    const help = 'Requests, frames and upgrades that failed by a fault of the server, by code';
    metrics.watchTotal('faults', help, ['code'], () => [...faults.reported].map(([code, count]) => [[code], count] as const));
  }
}

import { Global, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DatabaseFigures } from './database-figures.js';
import { DatabaseLanes } from './database-lanes.js';
import { Drain } from './drain.js';
import { Health } from './health.js';
import { HealthController } from './health.controller.js';
import { HttpObserver } from './http-observer.js';
import { Intake } from './intake.js';
import { Metrics } from './metrics.js';
import { MetricsController } from './metrics.controller.js';
import { RateLimits } from './rate-limits.js';

/** What an operator needs, and what every other module may use: figures, limits, and the way down. */
@Global()
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController, MetricsController],
  providers: [Metrics, RateLimits, Intake, Drain, Health, HttpObserver, DatabaseFigures, DatabaseLanes],
  exports: [Metrics, RateLimits, Intake, Drain, DatabaseLanes],
})
export class OpsModule {}

import { type FastifyBaseLogger, LogController } from 'fastify';
import { requestIdOf } from './request-id.js';

/** The options by which Fastify logs as we do: our logger, our request ids, and one line per request, which HttpObserver writes. */
export function fastifyLogging(logger: FastifyBaseLogger) {
  return { loggerInstance: logger, genReqId: requestIdOf, logController: new LogController({ disableRequestLogging: true }) };
}

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { NestFactory } from '@nestjs/core';
import { trustOf } from './config/trust-proxy.js';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type AppParts, AppModule } from './app.module.js';
import { registerIdentityHook } from './auth/identity.hook.js';
import { ApiDocument } from './docs/openapi/api-document.js';
import { CoreError } from './errors/catalogue.js';
import { DEFAULT_HEADERS } from './http/default-headers.js';
import { HttpExceptionFilter } from './http/exception.filter.js';
import { KnownRoutes } from './http/known-routes.js';
import { OriginPolicy } from './http/origins.js';
import {
  BODY_LIMIT,
  registerBodyCodings,
  registerBodyParsers,
  registerDefaultHeaders,
  registerIntake,
  registerKnownRoutes,
  registerRateLimits,
} from './http/request-hooks.js';
import { answerClientError } from './http/client-errors.js';
import { parseQuery } from './http/urlencoded.js';
import { fastifyLogging } from './ops/fastify-options.js';
import { createLogger } from './ops/logger.js';
import { NestLogger } from './ops/nest-logger.js';
import { Intake } from './ops/intake.js';
import { RateLimits } from './ops/rate-limits.js';
import { HttpFront } from './realtime/adapters/http-front.js';
import { SocketAdapter } from './realtime/adapters/socket.adapter.js';
import { TokenReader } from './realtime/ports.js';

/** A path parameter longer than this is nobody's; a client id of 128 characters may need 12 bytes each when escaped. */
const MAX_PARAM_LENGTH = 2048;

/**
 * The whole application, ready to listen: what `main.ts` starts and what every test uses.
 * @throws whatever keeps it from starting, such as SettingsError or DatabaseStartError with a line to print
 */
export async function createApp(parts: AppParts): Promise<NestFastifyApplication> {
  const { settings } = parts;
  const logger = createLogger(settings);
  const front = new HttpFront(settings);
  const words = new RouterFaults();
  const adapter = new FastifyAdapter({
    ...fastifyLogging(logger),
    serverFactory: front.createServer,
    clientErrorHandler: answerClientError,
    frameworkErrors: words.answer,
    trustProxy: trustOf(settings),
    bodyLimit: BODY_LIMIT,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAM_LENGTH, querystringParser: parseQuery },
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(parts), adapter, {
    logger: new NestLogger(logger),
    bodyParser: false,
    cookies: {},
    abortOnError: false,
  });
  words.filter = app.get(HttpExceptionFilter);
  words.limits = app.get(RateLimits);
  prepare(app);
  app.get(ApiDocument).describe(app);
  app.useWebSocketAdapter(new SocketAdapter(app, front));
  return app;
}

/** What the router itself refuses, such as a path that is no proper percent-encoding, is counted and worded like everything else. */
class RouterFaults {
  filter: HttpExceptionFilter | undefined;
  limits: RateLimits | undefined;

  readonly answer = (error: unknown, request: unknown, reply: unknown): void => {
    const [asked, answer] = [request as FastifyRequest, reply as FastifyReply];
    // No hooks run for these requests: what hooks do for every other answer is done here.
    void answer.headers({ 'x-request-id': asked.id, ...DEFAULT_HEADERS });
    void this.judge(error, asked.ip).then((judged) => this.filter?.answer(judged, asked, answer));
  };

  private async judge(error: unknown, address: string): Promise<unknown> {
    const wait = (await this.limits?.take('general', address)) ?? 0;
    return wait > 0 ? new CoreError('too_many_requests', { retryAfterSec: wait }) : error;
  }
}

function prepare(app: NestFastifyApplication): void {
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  registerBodyParsers(fastify, app.get(Intake));
  registerKnownRoutes(fastify, app.get(KnownRoutes));
  registerDefaultHeaders(fastify);
  registerRateLimits(fastify, app.get(RateLimits), app.get(HttpExceptionFilter));
  registerBodyCodings(fastify, app.get(HttpExceptionFilter));
  registerIntake(fastify, app.get(Intake), app.get(HttpExceptionFilter));
  registerIdentityHook(fastify, app.get(TokenReader));
  const origins = app.get(OriginPolicy);
  app.enableCors({
    ...CORS,
    // The origin that asks or none, never `*`: credentials go along. A page of our own needs no leave, so the host does not count.
    origin: (origin: string | undefined, done: (error: Error | null, origin: string | false) => void) => {
      done(null, origin !== undefined && origins.allowsForeign(origin) ? origin : false);
    },
  });
}

const CORS = {
  credentials: true,
  // An OPTIONS that is no preflight is a request like any other, answered in our words.
  strictPreflight: false,
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  exposedHeaders: ['X-Total-Count', 'X-Nodes-Missing', 'Link', 'X-Request-Id', 'Retry-After'],
};

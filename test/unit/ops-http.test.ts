import { once } from 'node:events';
import { Agent, get, type IncomingMessage, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Controller, type DynamicModule, Get, Inject, Injectable, Module, Query, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { BusModule } from '../../src/bus/bus.module.js';
import { Settings } from '../../src/config/settings.js';
import { type PoolState, ReservedSql, Sql } from '../../src/database/sql.js';
import { fastifyLogging } from '../../src/ops/fastify-options.js';
import { listen } from '../../src/ops/listen.js';
import { createLogger } from '../../src/ops/logger.js';
import { Metrics } from '../../src/ops/metrics.js';
import { OpsModule } from '../../src/ops/ops.module.js';
import { has } from '../support/capabilities.js';
import { TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';

/** Stands for the database: answers, refuses or hangs as told. */
class FakeDatabase {
  mode: 'up' | 'down' | 'hanging' = 'up';
  asked = 0;
  readonly state: PoolState = { total: 4, idle: 3, shared: 1, waiting: 0 };

  rows(): Promise<unknown> {
    this.asked += 1;
    if (this.mode === 'up') return Promise.resolve([]);
    return this.mode === 'down' ? Promise.reject(new Error('connection refused by db.internal')) : new Promise(() => undefined);
  }
}

/** Requests wait here until the test lets them go. */
@Injectable()
class Gate {
  waiting: (() => void)[] = [];

  open(): void {
    for (const go of this.waiting.splice(0)) go();
  }
}

@Controller()
class SlowController {
  constructor(@Inject(Gate) private readonly gate: Gate) {}

  @Get('slow/:id')
  async slow(@Query('size') size = '1'): Promise<string> {
    await new Promise<void>((resolve) => this.gate.waiting.push(resolve));
    return 'x'.repeat(Number(size));
  }

  @Get('fast')
  fast(): string {
    return 'fast';
  }

  @Get('streamed')
  streamed(@Res() reply: FastifyReply): void {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-length': '4' });
    reply.raw.write('ab');
    this.gate.waiting.push(() => reply.raw.end('cd'));
  }
}

@Module({ providers: [Gate], controllers: [SlowController], exports: [Gate] })
class SlowModule {}

@Module({})
class Ground {
  static with(settings: Settings, database: FakeDatabase): DynamicModule {
    const providers = [
      { provide: Settings, useValue: settings },
      { provide: ReservedSql, useValue: database },
      { provide: Sql, useValue: database },
    ];
    return { module: Ground, global: true, providers, exports: providers };
  }
}

async function start(variables: Record<string, string> = {}, host = '127.0.0.1') {
  const lines: string[] = [];
  const settings = Settings.from(variables);
  const database = new FakeDatabase();
  const logger = createLogger({ LOG_LEVEL: 'debug' }, { write: (line: string) => void lines.push(line) });
  const root: DynamicModule = {
    module: class Root {},
    imports: [Ground.with(settings, database), BusModule.forRoot(settings), OpsModule, SlowModule],
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, new FastifyAdapter(fastifyLogging(logger)), {
    logger: false,
  });
  const port = await listen(app, { HOST: host, PORT: 0 });
  return { app, lines, database, gate: app.get(Gate), port, url: `http://127.0.0.1:${port}` };
}
type Started = Awaited<ReturnType<typeof start>>;

const requestLines = ({ lines }: Started): unknown[] =>
  lines.map((line): unknown => JSON.parse(line)).filter((line) => JSON.stringify(line).includes('"msg":"request"'));

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

describe('operations over HTTP', () => {
  let started: Started;
  let closed = false;
  const up = async (...args: Parameters<typeof start>): Promise<Started> => {
    closed = false;
    started = await start(...args);
    return started;
  };
  const close = async (): Promise<number> => {
    closed = true;
    const from = performance.now();
    await started.app.close();
    return performance.now() - from;
  };

  afterEach(async () => {
    started.gate.open();
    if (!closed) await close();
  });

  describe('every request', () => {
    it('has an id: the one it brought or a new one, in the answer and in the log, also where nothing is found', async () => {
      const { url } = await up();
      const own = await fetch(`${url}/fast`, { headers: { 'x-request-id': 'mine-1' } });
      expect(own.headers.get('x-request-id')).toBe('mine-1');
      const hostile = await fetch(`${url}/nowhere`, { headers: { 'x-request-id': '<x>' } });
      expect(hostile.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      await until(() => requestLines(started).length === 2);
      expect(requestLines(started)).toMatchObject([
        { reqId: 'mine-1', status: 200, req: { method: 'GET', url: '/fast' } },
        { reqId: hostile.headers.get('x-request-id'), status: 404 },
      ]);
    });

    it('is one line at most, and a machine asking for health none at info', async () => {
      const { url } = await up();
      await fetch(`${url}/fast`);
      await fetch(`${url}/health/live`);
      await fetch(`${url}/metrics`);
      await until(() => requestLines(started).length === 3);
      expect(requestLines(started)).toMatchObject([{ level: 'info' }, { level: 'debug' }, { level: 'debug' }]);
    });

    it('is counted by route pattern, never by path', async () => {
      const { url, gate, app } = await up();
      const pending = [1, 2, 3].map((n) => fetch(`${url}/slow/${n}`));
      await until(() => gate.waiting.length === 3);
      gate.open();
      await Promise.all(pending);
      await fetch(`${url}/${'x'.repeat(20)}`);
      const scraped = await until(async () => {
        const { text } = await app.get(Metrics).exposition();
        return text.includes('unmatched') && text;
      });
      expect(scraped).toContain('switchboard_http_request_duration_seconds_count{method="GET",route="/slow/:id",status="200"} 3');
      expect(scraped).toContain('switchboard_http_request_duration_seconds_count{method="GET",route="unmatched",status="404"} 1');
      expect(scraped).not.toContain('xxxx');
    });
  });

  describe('/metrics', () => {
    it('is text for Prometheus with the process, the pool and what other rooms count', async () => {
      const { url, app } = await up();
      const metrics = app.get(Metrics);
      metrics.watchTotal('commands', 'Commands', ['command', 'outcome'], () => [[['system.ping', 'ok'], 3]]);
      metrics.login('failed');
      metrics.watch('hash_queue', 'Hashes that wait', () => 7);
      metrics.watch('hash_queue', 'Hashes that wait', () => 8);
      const answer = await fetch(`${url}/metrics`);
      expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      const text = await answer.text();
      for (const line of [
        'switchboard_commands_total{command="system.ping",outcome="ok"} 3',
        'switchboard_logins_total{outcome="failed"} 1',
        'switchboard_hash_queue 8',
        'switchboard_database_pool{state="idle"} 3',
        'nodejs_eventloop_lag_seconds',
      ]) {
        expect(text).toContain(line);
      }
    });

    it('is of one application: two in a process do not mix', async () => {
      const { app } = await up();
      app.get(Metrics).login('ok');
      const { text } = await new Metrics().exposition();
      expect(text).not.toContain('switchboard_logins_total{');
    });
  });

  describe('health', () => {
    const ready = async () => {
      const answer = await fetch(`${started.url}/health/ready`);
      return { status: answer.status, body: await answer.json() };
    };

    it('is live without asking anybody, and ready when the database answers', async () => {
      const { url, database } = await up();
      const live = await fetch(`${url}/health/live`);
      expect([live.status, await live.json()]).toEqual([200, { status: 'ok' }]);
      expect(database.asked).toBe(0);
      expect(await ready()).toEqual({ status: 200, body: { status: 'ok', checks: { database: 'up' } } });
    });

    it('is not ready, yet live, while the database refuses, and ready again after', async () => {
      const { url, database, lines } = await up();
      database.mode = 'down';
      expect(await ready()).toEqual({ status: 503, body: { status: 'error', checks: { database: 'down' } } });
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
      database.mode = 'up';
      await until(async () => (await ready()).status === 200);
      expect(lines.join('')).not.toContain('"statusCode":500');
    });

    it('takes a database that hangs for away within about a second', async () => {
      const { database } = await up();
      database.mode = 'hanging';
      const from = performance.now();
      expect(await ready()).toMatchObject({ status: 503, body: { checks: { database: 'down' } } });
      expect(performance.now() - from).toBeLessThan(2000);
    });

    it('does not let a flood of questions through to the database', async () => {
      const { database } = await up();
      await Promise.all(Array.from({ length: 200 }, ready));
      expect(database.asked).toBeLessThan(20);
    });

    it('answers 503 while the server goes down', async () => {
      const { app, gate, url, port } = await up();
      const pending = fetch(`${url}/slow/1`);
      await until(() => gate.waiting.length === 1);
      const closing = close();
      await until(async () => (await listening(port)).length === 0);
      const answer = await app.inject('/health/ready');
      expect([answer.statusCode, answer.json()]).toEqual([503, { status: 'shutting_down', checks: { database: 'up' } }]);
      gate.open();
      await pending;
      await closing;
    });
  });

  describe.runIf(has.redis)('health with Redis', () => {
    it('is ready only while Redis answers, too', async () => {
      const redis = await TestRedis.start();
      try {
        const { url } = await up({ REDIS_URL: redis.url });
        const status = async () => (await fetch(`${url}/health/ready`)).status;
        await until(async () => (await status()) === 200);
        await redis.down();
        await until(async () => (await status()) === 503);
        const answer = await fetch(`${url}/health/ready`);
        expect(await answer.json()).toEqual({ status: 'error', checks: { database: 'up', redis: 'down' } });
        await redis.up();
        await until(async () => (await status()) === 200);
        await close();
      } finally {
        await redis.stop();
      }
    });
  });

  describe('going down', () => {
    it('answers what is in flight whole, refuses new connections, and ends', async () => {
      const { url, gate, port } = await up();
      const pending = [1, 2, 3].map((n) => fetch(`${url}/slow/${n}?size=1000000`));
      await until(() => gate.waiting.length === 3);
      const closing = close();
      await expect(fetch(`http://127.0.0.1:${port}/fast`)).rejects.toThrow();
      gate.open();
      const answers = await Promise.all(pending);
      for (const answer of answers) {
        expect(answer.status).toBe(200);
        expect((await answer.text()).length).toBe(1_000_000);
        expect(answer.headers.get('connection')).toBe('close');
      }
      expect(await closing).toBeLessThan(2000);
    });

    it('is not held up by idle connections that are kept alive', async () => {
      const { port } = await up();
      const agent = new Agent({ keepAlive: true });
      const answer = await new Promise<IncomingMessage>((resolve) =>
        get({ port, host: '127.0.0.1', path: '/fast', agent }, resolve),
      );
      answer.resume();
      await once(answer, 'end');
      expect(await close()).toBeLessThan(1500);
      agent.destroy();
    });

    it('is not held up by a connection whose answer had begun before', async () => {
      const { port, gate } = await up();
      const agent = new Agent({ keepAlive: true });
      const answer = await new Promise<IncomingMessage>((resolve) =>
        get({ port, host: '127.0.0.1', path: '/streamed', agent }, resolve),
      );
      const body = new Response(answer).text();
      const closing = close();
      await until(() => gate.waiting.length === 1);
      gate.open();
      expect(await body).toBe('abcd');
      expect(await closing).toBeLessThan(1500);
      agent.destroy();
    });

    it.runIf(hasIpv6)('treats both addresses of localhost alike', async () => {
      const { gate, port } = await up({}, 'localhost');
      expect(await listening(port)).toEqual(['127.0.0.1', '::1']);
      const pending = ['127.0.0.1', '::1'].map(
        (host) =>
          new Promise<IncomingMessage>((resolve, reject) => {
            httpRequest({ host, port, path: '/slow/1?size=100000' }, resolve).on('error', reject).end();
          }),
      );
      await until(() => gate.waiting.length === 2);
      let ended = false;
      const closing = close().then(() => {
        ended = true;
      });
      await until(async () => (await listening(port)).length === 0);
      expect(ended).toBe(false);
      gate.open();
      for (const answer of await Promise.all(pending)) {
        expect((await new Response(answer).text()).length).toBe(100_000);
      }
      await closing;
    });

    it('cuts after 8 s what does not end by itself', async () => {
      const { port, url } = await up();
      const silent = connect(port, '127.0.0.1');
      await once(silent, 'connect');
      const cutOff = fetch(`${url}/slow/1`).then(
        () => 'answered',
        () => 'cut off',
      );
      await until(() => started.gate.waiting.length === 1);
      const took = await close();
      expect(took).toBeGreaterThan(7500);
      expect(took).toBeLessThan(10_000);
      expect(await cutOff).toBe('cut off');
      silent.destroy();
    });
  });
});

/** Which loopback addresses accept connections on a port. */
async function listening(port: number): Promise<string[]> {
  const tried = await Promise.all(
    ['127.0.0.1', '::1'].map(async (host) => {
      const socket = connect(port, host);
      const ok = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(
        () => false,
      );
      socket.destroy();
      return ok ? [host] : [];
    }),
  );
  return tried.flat();
}

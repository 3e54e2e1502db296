import { Injectable } from '@nestjs/common';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What a gauge reads when it is scraped: one number, or numbers by the value of its label. */
export type Reading = number | Readonly<Record<string, number>>;

/**
 * Everything that is measured, in words of our own, so that the library behind it stays an inner matter. One registry per
 * application: several can live in one process. Labels take values from small fixed sets only, never from a client's input.
 */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();
  private readonly requests = new Histogram({
    name: 'switchboard_http_request_duration_seconds',
    help: 'HTTP requests by method, route pattern and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });
  private readonly connections = new Gauge({
    name: 'switchboard_connections',
    help: 'Open sockets by protocol',
    labelNames: ['protocol'],
    registers: [this.registry],
  });
  private readonly closures = new Counter({
    name: 'switchboard_connections_closed_total',
    help: 'Closed sockets by protocol and close code',
    labelNames: ['protocol', 'code'],
    registers: [this.registry],
  });
  private readonly frames = new Counter({
    name: 'switchboard_frames_total',
    help: 'Frames by protocol and direction',
    labelNames: ['protocol', 'direction'],
    registers: [this.registry],
  });
  private readonly commands = new Histogram({
    name: 'switchboard_command_duration_seconds',
    help: 'Commands by name and outcome (ok or the code of the error)',
    labelNames: ['command', 'outcome'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [this.registry],
  });
  private readonly logins = new Counter({
    name: 'switchboard_logins_total',
    help: 'Log-ins by outcome',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  private readonly limited = new Counter({
    name: 'switchboard_rate_limited_total',
    help: 'Requests refused by the rate limits, by class',
    labelNames: ['class'],
    registers: [this.registry],
  });
  /** Looking a labelled child up is most of the cost of counting a frame. */
  private readonly frameCounters = new Map<string, { inc(by?: number): void }>();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** @param route the pattern such as `/api/v1/users/:user_id`, never the path itself; `unmatched` for none */
  httpRequest(method: string, route: string, status: number, seconds: number): void {
    this.requests.labels(method, route, String(status)).observe(seconds);
  }

  connectionOpened(protocol: string): void {
    this.connections.labels(protocol).inc();
  }

  /** @param code the WebSocket close code that the server gave, or `gone` where the client left */
  connectionClosed(protocol: string, code: number | 'gone'): void {
    this.connections.labels(protocol).dec();
    this.closures.labels(protocol, String(code)).inc();
  }

  frame(protocol: string, direction: 'in' | 'out', count = 1): void {
    const key = protocol + direction;
    let counter = this.frameCounters.get(key);
    if (!counter) {
      counter = this.frames.labels(protocol, direction);
      this.frameCounters.set(key, counter);
    }
    counter.inc(count);
  }

  /**
   * @param command a registered command such as `chat.send`; for others pass `unknown`
   * @param outcome `ok` or the code of the core error
   */
  command(command: string, outcome: string, seconds: number): void {
    this.commands.labels(command, outcome).observe(seconds);
  }

  login(outcome: 'ok' | 'failed' | 'throttled' | 'unavailable'): void {
    this.logins.labels(outcome).inc();
  }

  rateLimited(kind: string): void {
    this.limited.labels(kind).inc();
  }

  /**
   * A figure that its owner knows anyway and that is read when somebody scrapes, such as the length of a queue.
   * @param name without the prefix `switchboard_`
   * @param label the name of the label whose values are the keys of what `read` returns
   */
  watch(name: string, help: string, read: () => Reading, label?: string): void {
    this.registry.removeSingleMetric(`switchboard_${name}`);
    new Gauge({
      name: `switchboard_${name}`,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [this.registry],
      collect() {
        this.reset(); // values that are no longer read would stay for ever
        const reading = read();
        if (typeof reading === 'number') this.set(reading);
        else for (const [value, figure] of Object.entries(reading)) if (label !== undefined) this.set({ [label]: value }, figure);
      },
    });
  }

  /**
   * The same for a count that only grows. Its owner counts in plain numbers: looking up a labelled counter costs more than
   * many of the things that are counted.
   * @param name without the prefix `switchboard_` and the suffix `_total`
   */
  watchTotal(name: string, help: string, read: () => Readonly<Record<string, number>>, label: string): void {
    this.registry.removeSingleMetric(`switchboard_${name}_total`);
    new Counter({
      name: `switchboard_${name}_total`,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count);
      },
    });
  }

  /** The text that Prometheus scrapes, and its content type. */
  async exposition(): Promise<{ text: string; contentType: string }> {
    return { text: await this.registry.metrics(), contentType: this.registry.contentType };
  }
}

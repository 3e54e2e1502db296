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
  /** Requests answered so far. To ask the histogram takes 10 ms where hundreds of routes and statuses have been met. */
  requestCount = 0;
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

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** @param route the pattern such as `/api/v1/users/:user_id`, never the path itself; `unmatched` for none */
  httpRequest(method: string, route: string, status: number, seconds: number): void {
    this.requestCount += 1;
    this.requests.labels(method, route, String(status)).observe(seconds);
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
   * The same for counts that only grow. Their owner counts in plain numbers: looking up a labelled counter costs more than many
   * of the things that are counted.
   * @param name without the prefix `switchboard_` and the suffix `_total`
   * @param read the values of the labels, in their order, with the count
   */
  watchTotal(
    name: string,
    help: string,
    labels: readonly string[],
    read: () => Iterable<readonly [readonly string[], number]>,
  ): void {
    this.registry.removeSingleMetric(`switchboard_${name}_total`);
    new Counter({
      name: `switchboard_${name}_total`,
      help,
      labelNames: labels,
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [values, count] of read()) this.labels(...values).inc(count);
      },
    });
  }

  /** Log-ins so far, by outcome. */
  async loginCounts(): Promise<Readonly<Record<string, number>>> {
    const { values } = await this.logins.get();
    return Object.fromEntries(values.map(({ labels, value }) => [String(labels.outcome), value]));
  }

  /**
   * What a watched figure says now, all values of its labels together; 0 where nobody watches it.
   * @param name without the prefix `switchboard_`
   */
  async sumOf(name: string): Promise<number> {
    const metric = this.registry.getSingleMetric(`switchboard_${name}`);
    if (!(metric instanceof Gauge || metric instanceof Counter)) return 0;
    const { values } = await metric.get();
    return values.reduce((sum, { value }) => sum + value, 0);
  }

  /** The text that Prometheus scrapes, and its content type. */
  async exposition(): Promise<{ text: string; contentType: string }> {
    return { text: await this.registry.metrics(), contentType: this.registry.contentType };
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { JsonValue } from '../bus/bus.js';
import { NodeName } from '../bus/node-name.js';
import { NodeQuestions } from '../bus/node-questions.js';
import { Metrics } from '../ops/metrics.js';
import { Hub } from './hub.js';

const QUESTION = 'figures';
/** Milliseconds for which what was counted holds: many consoles cost hardly more than one. */
const FRESH_MS = 500;

type Logins = Record<'ok' | 'failed' | 'throttled' | 'unavailable', number>;

/** What one node, or several together, have counted since their processes started. */
export interface NodeFigures {
  /** Users with connections. One who is connected to several nodes is counted by each. */
  readonly users_online: number;
  /** Open sockets by protocol. */
  readonly connections: Readonly<Record<string, number>>;
  /** Messages stored. */
  readonly messages_total: number;
  readonly logins: Readonly<Logins>;
  /** What failed by a fault of the server. */
  readonly errors_total: number;
  /** HTTP requests answered. */
  readonly requests_total: number;
  /** Frames received. */
  readonly frames_total: number;
  /** Memory of the processes. */
  readonly memory_bytes: number;
  /** Milliseconds for which something that was ready to run had to wait just now; of several nodes the longest. */
  readonly event_loop_lag_ms: number;
}

export interface GatheredFigures extends NodeFigures {
  /** Unix milliseconds at which they were read. */
  readonly at: number;
  /** The node that was asked. */
  readonly node: string;
  /** How many nodes they are of. */
  readonly nodes: number;
  /** How many nodes did not say theirs; null where that is not known. */
  readonly missing: number | null;
}

/** The figures of the whole installation, read from where the metrics come. */
@Injectable()
export class Figures implements OnModuleInit {
  private latest: { readonly until: number; readonly figures: Promise<GatheredFigures> } | null = null;

  constructor(
    private readonly hub: Hub,
    private readonly metrics: Metrics,
    private readonly nodes: NodeQuestions,
    private readonly node: NodeName,
  ) {}

  onModuleInit(): void {
    this.nodes.onQuestion(QUESTION, async () => (await this.readHere()) as unknown as JsonValue);
  }

  /**
   * Sums over all nodes, at most half a second old.
   * @throws CoreError `unavailable` where too many ask at once
   */
  read(): Promise<GatheredFigures> {
    const now = performance.now();
    if (this.latest && now < this.latest.until) return this.latest.figures;
    const figures = this.gather();
    this.latest = { until: now + FRESH_MS, figures };
    // A failure is not kept.
    figures.catch(() => (this.latest = null));
    return figures;
  }

  private async gather(): Promise<GatheredFigures> {
    const [here, { answers, missing }] = await Promise.all([this.readHere(), this.nodes.ask(QUESTION, null)]);
    const all = [here, ...answers.map((answer) => answer as unknown as NodeFigures)];
    return { ...all.reduce(sumOf), at: Date.now(), node: this.node.short, nodes: all.length, missing };
  }

  private async readHere(): Promise<NodeFigures> {
    const { metrics } = this;
    const [messages, logins, errors, frames, lag] = await Promise.all([
      // The chats' own count; this room does not know chats, and there may be none.
      metrics.sumOf('messages_stored_total'),
      metrics.loginCounts(),
      metrics.sumOf('faults_total'),
      metrics.sumOf('frames_received_total'),
      lagOfLoop(),
    ]);
    return {
      users_online: this.hub.userCount,
      connections: this.hub.countByProtocol(),
      messages_total: messages,
      logins: loginsOf((outcome) => logins[outcome] ?? 0),
      errors_total: errors,
      requests_total: metrics.requestCount,
      frames_total: frames,
      memory_bytes: process.memoryUsage.rss(),
      event_loop_lag_ms: lag,
    };
  }
}

const loginsOf = (count: (outcome: keyof Logins) => number): Logins => ({
  ok: count('ok'),
  failed: count('failed'),
  throttled: count('throttled'),
  unavailable: count('unavailable'),
});

function sumOf(a: NodeFigures, b: NodeFigures): NodeFigures {
  const protocols = new Set([...Object.keys(a.connections), ...Object.keys(b.connections)]);
  const both = (name: string): number => (a.connections[name] ?? 0) + (b.connections[name] ?? 0);
  return {
    users_online: a.users_online + b.users_online,
    connections: Object.fromEntries([...protocols].map((name) => [name, both(name)])),
    messages_total: a.messages_total + b.messages_total,
    logins: loginsOf((outcome) => a.logins[outcome] + b.logins[outcome]),
    errors_total: a.errors_total + b.errors_total,
    requests_total: a.requests_total + b.requests_total,
    frames_total: a.frames_total + b.frames_total,
    memory_bytes: a.memory_bytes + b.memory_bytes,
    event_loop_lag_ms: Math.max(a.event_loop_lag_ms, b.event_loop_lag_ms),
  };
}

/** Not read from the metrics of Node: whoever reads those begins them anew, for Prometheus, too. */
function lagOfLoop(): Promise<number> {
  const start = performance.now();
  return new Promise((resolve) => {
    setImmediate(() => resolve(Math.round((performance.now() - start) * 10) / 10));
  });
}

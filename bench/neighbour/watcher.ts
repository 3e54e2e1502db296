import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { percentile } from '../support.js';
import type { Account, Look, Waits } from './neighbour.js';

/**
 * A quiet neighbour of whoever attacks, in a process that does nothing else: pings, lists of chats, and log-ins, one of each at a
 * time. It has an address of its own, so that it shares no limit with the attacker.
 */
const ADDRESS = '127.0.0.2';
const PING_EVERY_MS = 10;
const LIST_EVERY_MS = 50;
const LOGIN_EVERY_MS = 400;
/** What was not answered by then counts as if it had taken so long. */
const PATIENCE_MS = 5_000;

/** Round trips of one command over a socket of its own. */
class Asker {
  private socket: WebSocket | undefined;
  private answered: (() => void) | undefined;

  constructor(
    private readonly url: string,
    private readonly frame: string,
  ) {}

  private async open(): Promise<WebSocket> {
    const socket = new WebSocket(this.url, { perMessageDeflate: false, localAddress: ADDRESS });
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      if (data.includes('"request_id":"n"')) this.answered?.();
    });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('close', () => reject(new Error('refused'))));
    return socket;
  }

  /** Milliseconds; never more than PATIENCE_MS. */
  async ask(): Promise<number> {
    const from = performance.now();
    const answered = new Promise<void>((resolve) => {
      this.answered = resolve;
    });
    try {
      if (this.socket?.readyState !== WebSocket.OPEN) this.socket = await this.open();
      this.socket.send(this.frame);
      if (!(await Promise.race([answered.then(() => true), sleep(PATIENCE_MS, false)]))) this.socket.terminate();
    } catch {
      await sleep(100);
      return PATIENCE_MS;
    }
    return Math.min(performance.now() - from, PATIENCE_MS);
  }

  close(): void {
    this.socket?.terminate();
  }
}

function logIn({ base, username, password }: Account): Promise<number> {
  const body = JSON.stringify({ username, password });
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  return new Promise((resolve) => {
    const sent = request(`${base}/auth/login`, { method: 'POST', headers, agent: false, localAddress: ADDRESS }, (answer) => {
      answer.resume().once('close', () => resolve(answer.statusCode ?? 0));
    });
    sent.setTimeout(2 * PATIENCE_MS, () => sent.destroy());
    sent.once('error', () => resolve(0)).end(body);
  });
}

/** One after the other, with a pause between two, until the time is over. */
async function repeat(until: number, everyMs: number, work: () => Promise<void>): Promise<void> {
  while (performance.now() < until) {
    await work();
    await sleep(everyMs);
  }
}

const waitsOf = (times: readonly number[]): Waits => ({
  count: times.length,
  p50: percentile(times, 0.5),
  p99: percentile(times, 0.99),
});

const frameOf = (domain: string, command: string, payload: object): string =>
  JSON.stringify({ type: 'command', v: 1, request_id: 'n', domain, command, payload });

async function look(
  account: Account,
  askers: Readonly<Record<'ping' | 'control' | 'list', Asker>>,
  seconds: number,
): Promise<Look> {
  const until = performance.now() + seconds * 1000;
  const [pings, controls, lists, logins]: [number[], number[], number[], number[]] = [[], [], [], []];
  const statuses: number[] = [];
  await Promise.all([
    repeat(until, PING_EVERY_MS, async () => void pings.push(await askers.ping.ask())),
    repeat(until, PING_EVERY_MS, async () => void controls.push(await askers.control.ask())),
    repeat(until, LIST_EVERY_MS, async () => void lists.push(await askers.list.ask())),
    repeat(until, LOGIN_EVERY_MS, async () => {
      const from = performance.now();
      statuses.push(await logIn(account));
      logins.push(performance.now() - from);
    }),
  ]);
  return {
    ping: waitsOf(pings),
    control: waitsOf(controls),
    list: waitsOf(lists),
    login: { ...waitsOf(logins), refused: statuses.filter((status) => status !== 200) },
  };
}

process.once('message', (account: Account) => {
  const url = `${account.base.replace('http', 'ws')}/v1/connect?token=${account.token}`;
  const askers = {
    ping: new Asker(url, frameOf('system', 'ping', {})),
    control: new Asker(account.control.replace('http', 'ws'), frameOf('system', 'ping', {})),
    list: new Asker(url, frameOf('chat', 'list', { limit: 20 })),
  };
  process.on('message', (seconds: number) => void look(account, askers, seconds).then((seen) => process.send?.(seen)));
  process.send?.('ready');
});
process.on('disconnect', () => process.exit(0));

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Hub } from '../../src/realtime/hub.js';
import { EngineWebSocket, PollingSession } from '../support/engine-io.js';
import { exchange } from '../support/raw-http.js';
import { type Account, TestServer } from '../support/server.js';
import { frameOf, OPCODE, TcpSocket } from '../support/tcp-socket.js';
import { until } from '../support/until.js';

/** Ten requests at once and one a second: few enough to use them up, however slow the machine is. */
const FEW = { RATE_LIMIT: 'on', RATE_LIMIT_GENERAL: '1', RATE_LIMIT_BURST: '9' };

const statusesOf = async (count: number, ask: () => Promise<number>): Promise<number[]> => {
  const statuses: number[] = [];
  for (let i = 0; i < count; i += 1) statuses.push(await ask());
  return statuses;
};

describe('requests of an open session', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await TestServer.start({ variables: FEW });
  });
  afterEach(() => server.stop());

  const nowhere = async (): Promise<number> => (await server.client().get('/nowhere')).status;

  it('count for the address if they bring something, and are refused in the words of Engine.IO', async () => {
    const session = await PollingSession.open(server);
    const statuses = await statusesOf(20, () => session.post('3'));
    expect(statuses.slice(0, 9)).toEqual(Array(9).fill(200));
    expect(statuses).toContain(429);
    const refusal = await until(async () => {
      const answer = await session.send('POST', '3');
      return answer.status === 429 ? answer : undefined;
    });
    expect(refusal.body).toEqual({ code: 'too_many_requests', message: 'Too many requests' });
    expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(0);
    // They are requests like all others.
    expect(await statusesOf(20, nowhere)).toContain(429);
  });

  it('are refused before their body has come', async () => {
    const { path } = await PollingSession.open(server);
    await statusesOf(12, nowhere);
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 200000\r\n\r\n`;
    const { status, closedAfterMs } = await exchange(server.port, head);
    expect(status).toBe(429);
    expect(closedAfterMs).toBeLessThan(3000);
  });

  it.each(['PUT', 'DELETE'])('count by %s, which Engine.IO does not know', async (method) => {
    const session = await PollingSession.open(server);
    expect(await statusesOf(20, async () => (await session.send(method)).status)).toContain(429);
  });

  it('count if they ask for a WebSocket', async () => {
    const { path } = await PollingSession.open(server);
    const upgrade = async (): Promise<number> => {
      const tcp = await TcpSocket.connect(server.port);
      tcp.upgrade(path.replace('polling', 'websocket'));
      const { status } = await tcp.head();
      tcp.destroy();
      return status;
    };
    expect(await statusesOf(20, upgrade)).toContain(429);
  });

  it('do not spare a request that only looks like one, by a fragment that nobody reads', async () => {
    const { sid } = await PollingSession.open(server);
    const open = async (): Promise<number> => {
      const head = `GET /socket.io/?EIO=4&transport=polling#&sid=${sid} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
      return (await exchange(server.port, head)).status;
    };
    expect(await statusesOf(20, open)).not.toEqual(Array(20).fill(200));
  });

  it('count without a session, too, such as preflights', async () => {
    const preflight = async (): Promise<number> => {
      const headers = { origin: server.url, 'access-control-request-method': 'POST' };
      return (await server.client().raw('/socket.io/?EIO=4&transport=polling', { method: 'OPTIONS', headers })).status;
    };
    const statuses = await statusesOf(20, preflight);
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(204));
    expect(statuses).toContain(429);
  });
});

describe('a client of long polling that is told much', () => {
  let server: TestServer;
  let account: Account;
  beforeAll(async () => {
    server = await TestServer.start({ variables: { RATE_LIMIT: 'on' } });
    account = await server.user();
  });
  afterAll(() => server.stop());

  it('gets all of it, by as many requests as it takes, in fewer answers where they would come too often', async () => {
    const session = await PollingSession.open(server, account.tokens.token);
    const hub = server.app.get(Hub);
    const got: number[] = [];
    let polls = 0;
    let told = 0;
    const from = performance.now();
    // An event for every poll, so that each could be answered at once.
    while (performance.now() - from < 3000) {
      hub.toUsers([account.id], { domain: 'news', event: 'numbered', data: { n: told } });
      told += 1;
      const packets = await session.poll();
      polls += 1;
      for (const packet of packets) if (packet.startsWith('42["news"')) got.push(JSON.parse(packet.slice(2))[1].n as number);
    }
    expect(got).toEqual(Array.from({ length: told }, (_, n) => n));
    // Forty at once, and twenty a second.
    expect(polls).toBeGreaterThan(40);
    expect(polls).toBeLessThan(120);
  });

  it('is refused what would have to wait for longer than a second', async () => {
    const session = await PollingSession.open(server, account.tokens.token);
    const statuses = await Promise.all(Array.from({ length: 90 }, async () => (await session.send('OPTIONS')).status));
    expect(statuses.filter((status) => status === 204).length).toBeGreaterThan(40);
    expect(statuses).toContain(429);
  });
});

describe('a flood', () => {
  const flood = async (server: TestServer): Promise<void> => {
    const tcp = await TcpSocket.webSocket(server.port, '/ws/flood');
    tcp.send(Buffer.concat(Array.from({ length: 3000 }, () => frameOf(OPCODE.pong))));
    await tcp.rest();
    tcp.destroy();
  };
  const floodOfSession = async (server: TestServer): Promise<void> => {
    const socket = await EngineWebSocket.open(server);
    socket.send(...Array<string>(3000).fill('3'));
    await socket.rest();
    socket.destroy();
  };

  it.each([
    ['a raw WebSocket', flood],
    ['a session that has joined nothing', floodOfSession],
  ])('of %s costs its address requests, so that to come back at once is of no use', async (_what, attack) => {
    const variables = { RATE_LIMIT: 'on', RATE_LIMIT_GENERAL: '1', RATE_LIMIT_BURST: '59' };
    const server = await TestServer.start({ variables });
    try {
      await attack(server);
      const statuses = await statusesOf(60, async () => (await server.client().get('/nowhere')).status);
      // Of sixty at once one was the upgrade, and thirty were the flood.
      expect(statuses.indexOf(429)).toBeGreaterThanOrEqual(29);
      expect(statuses.indexOf(429)).toBeLessThan(59);
    } finally {
      await server.stop();
    }
  });
});

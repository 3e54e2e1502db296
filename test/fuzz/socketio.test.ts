import { once } from 'node:events';
import fc from 'fast-check';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { COMMANDS } from '../support/frames.js';
import { fuzzing, hostileText, hostileValue, spoiled } from '../support/hostile.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const DEADLINE_MS = 5_000;
/** Why the server may disconnect a client that sends what nobody means. */
const FAIR = [1009, 4400, 4429];

let server: TestServer;
let user: Account;

beforeAll(async () => {
  server = await TestServer.start();
  user = await server.user();
});

afterAll(() => server.stop());

/** Whether it still works, for those who do nothing wrong. */
async function expectAlive(): Promise<void> {
  const socket = await server.socket(`/v1/connect?token=${user.tokens.token}`);
  expect((await socket.command('system.ping', { sent_at: 1 })).data.sent_at).toBe(1);
  await socket.close();
}

describe('Socket.IO', () => {
  const open = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = io(server.url, {
        auth: { token: user.tokens.token },
        transports: ['websocket'],
        reconnection: false,
        forceNew: true,
      });
      socket.once('hello', () => resolve(socket));
      socket.once('connect_error', reject);
    });

  const event = fc.oneof(
    fc.tuple(fc.constant('command'), fc.constantFrom(...COMMANDS).chain(spoiled)),
    fc.tuple(fc.constantFrom('hello', 'chat', 'command', 'response', 'typing', 'message'), hostileValue),
    fc.tuple(
      hostileText.filter(
        (name) => !['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'].includes(name),
      ),
      hostileValue,
    ),
    fc.tuple(
      fc.constantFrom('command', 'chat', 'x'),
      fc.uint8Array({ maxLength: 50 }).map((bytes): unknown => ({ nested: Buffer.from(bytes) })),
    ),
  );

  it('acknowledges every event, whatever it is, or disconnects with a reason', async () => {
    const property = fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 8 }), async (events) => {
      const socket = await open();
      const reasons: string[] = [];
      const notices: { code: number }[] = [];
      socket.on('disconnect', (reason) => reasons.push(reason));
      socket.on('disconnect_notice', (notice: { code: number }) => notices.push(notice));
      for (const [name, data] of events) {
        const answers: unknown[] = [];
        socket.emit(name, data, (answer: unknown) => answers.push(answer));
        await until(() => answers.length > 0 || reasons.length > 0, DEADLINE_MS);
        if (reasons.length > 0) break;
        expect(JSON.stringify(answers[0])).not.toMatch(/"code":"internal"/);
        expect(answers).toEqual([expect.anything()]);
      }
      if (reasons.length > 0) expect(notices.map(({ code }) => code)).toEqual([expect.toBeOneOf(FAIR)]);
      socket.disconnect();
    });
    await fc.assert(property, fuzzing(80));
    await expectAlive();
  }, 60_000);

  it('answers every event without an acknowledgement, too', async () => {
    const property = fc.asyncProperty(event, async ([name, data]) => {
      const socket = await open();
      let heard = 0;
      socket.onAny(() => {
        heard += 1;
      });
      socket.on('disconnect', () => {
        heard += 1;
      });
      socket.emit(name, data);
      await until(() => heard > 0, DEADLINE_MS);
      socket.disconnect();
    });
    await fc.assert(property, fuzzing(60));
    await expectAlive();
  }, 60_000);

  it('drops a client whose packets are none, and no other', async () => {
    const neighbour = await open();
    const packet = fc.oneof(
      hostileText,
      hostileText.map((text) => `4${text}`),
      hostileText.map((text) => `42${text}`),
      hostileValue.map((value) => `42${JSON.stringify(value)}`),
      hostileValue.map((value) => `42["command",${JSON.stringify(value)}]`),
      fc.constantFrom(
        '40',
        '41',
        '42',
        '43',
        '44',
        '451-["a",{"_placeholder":true,"num":0}]',
        '4511-["a"]',
        '459999999999-[]',
        '42["disconnect",{}]',
        '42["connect_error"]',
        '42/admin,["x"]',
        '4299999999999999999999["a"]',
        '42[1]',
        '42[]',
        '42{}',
        '42["__proto__"]',
        '6',
        '5',
        '3probe',
        '2',
        '1',
        '0{}',
        '9',
        '42["a",' + '['.repeat(50_000),
      ),
    );
    const property = fc.asyncProperty(
      fc.array(packet, { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      async (packets, connected) => {
        const socket = new WebSocket(`${server.wsUrl}/socket.io/?EIO=4&transport=websocket&token=${user.tokens.token}`);
        socket.on('error', () => undefined);
        let admitted = false;
        socket.on('message', (data: Buffer) => {
          admitted ||= data.toString('utf8').startsWith('40');
        });
        await once(socket, 'open');
        if (connected) {
          socket.send('40');
          await until(() => admitted, DEADLINE_MS);
        }
        for (const text of packets) socket.send(text);
        const closed = once(socket, 'close');
        socket.close();
        await closed;
      },
    );
    await fc.assert(property, fuzzing(150));
    expect(await neighbour.emitWithAck('hello', {})).toMatchObject({ type: 'hello', user_id: user.id });
    neighbour.disconnect();
  }, 60_000);

  it('answers whatever comes as a request to its path', async () => {
    const part = fc.oneof(hostileText, fc.constantFrom('4', '3', 'polling', 'websocket', 'x', user.tokens.token));
    const query = fc.array(fc.tuple(fc.constantFrom('EIO', 'transport', 'sid', 't', 'b64', 'j', 'token'), part), {
      maxLength: 5,
    });
    const good: [string, string][] = [
      ['EIO', '4'],
      ['transport', 'polling'],
    ];
    const body = fc.oneof(
      hostileText.map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('40', '4'.repeat(1_000), '42["a"]', '2\u001e40\u001e42[]', 'bAAAA', '9'.repeat(300_000))
        .map((text) => Buffer.from(text)),
    );
    const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD');
    const property = fc.asyncProperty(method, query, fc.boolean(), body, async (verb, given, isGood, bytes) => {
      const search = new URLSearchParams(isGood ? good : []);
      for (const [name, value] of given) search.append(name, value.slice(0, 500));
      const init = {
        method: verb,
        ...(verb === 'GET' || verb === 'HEAD' ? {} : { body: bytes }),
        signal: AbortSignal.timeout(DEADLINE_MS),
      };
      const response = await fetch(`${server.url}/socket.io/?${search.toString()}`, init);
      await response.arrayBuffer();
      expect(response.status).toBeLessThan(500);
    });
    await fc.assert(property, fuzzing(150));
    await expectAlive();
  }, 60_000);
});

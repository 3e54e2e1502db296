import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fuzzing } from '../support/fuzz/fuzzing.js';
import { FUZZ_TIMEOUT_MS } from '../support/fuzz/run.js';
import { oddText } from '../support/fuzz/values.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const DEADLINE_MS = 5_000;

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

describe('an upgrade', () => {
  it(
    'is answered whatever its path, its headers and what follows it',
    async () => {
      const path = fc.oneof(
        oddText.map(
          (text) =>
            `/ws/${[...Buffer.from(text.slice(0, 300))].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')}`,
        ),
        fc.constantFrom(
          '/v1/connect',
          '/v1/connect/',
          '/ws',
          '/ws/',
          '/ws/%',
          '/ws/%zz',
          '/ws/a/b',
          '/api/v1/ws',
          '/nowhere',
          '//',
          '/socket.io/?EIO=4&transport=websocket',
          '/socket.io',
          '/socket.io/?EIO=9&transport=x&sid=y',
          '/?token',
          '/ws/x?token=%00&token[]=1',
        ),
      );
      const headers = fc.array(
        fc.tuple(
          fc.constantFrom(
            'Sec-WebSocket-Key',
            'Sec-WebSocket-Version',
            'Sec-WebSocket-Protocol',
            'Sec-WebSocket-Extensions',
            'Origin',
            'Authorization',
            'Upgrade',
            'Cookie',
          ),
          fc.oneof(
            oddText.map((text) => text.replace(/[^\x20-\x7e]/g, '').slice(0, 500)),
            fc.constantFrom(
              '13',
              '12',
              'dGhlIHNhbXBsZSBub25jZQ==',
              'permessage-deflate; server_max_window_bits=8',
              'websocket',
              'h2c',
              'chat, superchat',
              'http://localhost',
            ),
          ),
        ),
        { maxLength: 5 },
      );
      const property = fc.asyncProperty(path, headers, fc.uint8Array({ maxLength: 200 }), async (target, given, noise) => {
        const lines = [
          `GET ${target} HTTP/1.1`,
          'Host: localhost',
          'Connection: Upgrade',
          ...given.map(([name, value]) => `${name}: ${value}`),
        ];
        if (!given.some(([name]) => name === 'Upgrade')) lines.push('Upgrade: websocket');
        const socket = connect(server.port, '127.0.0.1');
        let text = '';
        let ended = false;
        socket.on('data', (part: Buffer) => {
          text += part.toString('latin1');
        });
        socket.on('error', () => undefined);
        socket.on('close', () => {
          ended = true;
        });
        await once(socket, 'connect');
        socket.write(`${lines.join('\r\n')}\r\n\r\n`);
        await until(() => /^HTTP\/1\.1 \d{3}[^]*?\r\n\r\n/.test(text) || ended, DEADLINE_MS);
        expect(text.slice(0, 200)).toMatch(/^HTTP\/1\.1 (101|200|4\d\d) /);
        socket.write(noise);
        socket.destroy();
        await until(() => ended, DEADLINE_MS);
      });
      await fc.assert(property, fuzzing(200));
      await expectAlive();
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    'followed by bytes that are no frames is closed, and no neighbour is',
    async () => {
      const neighbour = await server.socket(`/v1/connect?token=${user.tokens.token}`);
      const property = fc.asyncProperty(
        fc.uint8Array({ minLength: 2, maxLength: 3_000 }),
        fc.nat({ max: 3 }),
        async (noise, pieces) => {
          const socket = connect(server.port, '127.0.0.1');
          let bytes = 0;
          socket.on('data', (part: Buffer) => {
            bytes += part.length;
          });
          socket.on('error', () => undefined);
          await once(socket, 'connect');
          socket.write(
            'GET /ws/noise HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
          );
          await until(() => bytes > 0, DEADLINE_MS);
          const size = Math.ceil(noise.length / (pieces + 1));
          for (let at = 0; at < noise.length; at += size) socket.write(noise.subarray(at, at + size));
          const closed = once(socket, 'close');
          // An unfinished frame leaves it waiting for the rest: then we end it.
          socket.end();
          await closed;
        },
      );
      await fc.assert(property, fuzzing(200));
      expect((await neighbour.command('system.ping')).success).toBe(true);
      await neighbour.close();
    },
    FUZZ_TIMEOUT_MS,
  );
});

describe('a request to Socket.IO', () => {
  it(
    'is answered whatever its query, its method and its body',
    async () => {
      const part = fc.oneof(oddText, fc.constantFrom('4', '3', 'polling', 'websocket', 'x', user.tokens.token));
      const query = fc.array(fc.tuple(fc.constantFrom('EIO', 'transport', 'sid', 't', 'b64', 'j', 'token'), part), {
        maxLength: 5,
      });
      const good: [string, string][] = [
        ['EIO', '4'],
        ['transport', 'polling'],
      ];
      const body = fc.oneof(
        oddText.map((text) => Buffer.from(text)),
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
      await fc.assert(property, fuzzing(200));
      await expectAlive();
    },
    FUZZ_TIMEOUT_MS,
  );
});

it('leaves no connection behind', async () => {
  await expectAlive();
  await until(
    async () => /^switchboard_connections\{[^}]*\} [1-9]/m.exec((await server.client().get<string>('/metrics')).body) === null,
  );
});

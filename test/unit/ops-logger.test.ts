import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { QueryFailedError } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { fastifyLogging } from '../../src/ops/fastify-options.js';
import { createLogger } from '../../src/ops/logger.js';
import { NestLogger } from '../../src/ops/nest-logger.js';
import { requestIdOf } from '../../src/ops/request-id.js';

const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';

function capture() {
  const lines: string[] = [];
  return { lines, logger: createLogger({ LOG_LEVEL: 'trace' }, { write: (line: string) => void lines.push(line) }) };
}

describe('the log', () => {
  it('writes one line of JSON whatever the fields contain', () => {
    const { lines, logger } = capture();
    const nasty = 'a\r\n{"level":"fatal"}\u001b[2Jb\u0000\u007f\u009b31m\u2028\u2029c\ud800';
    logger.info({ name: nasty, [nasty]: 1 }, nasty);
    expect(lines).toHaveLength(1);
    const codes = Array.from(lines[0]?.slice(0, -1) ?? '', (letter) => letter.charCodeAt(0));
    const breaking = codes.filter((code) => code < 32 || (code >= 127 && code < 160) || code === 0x2028 || code === 0x2029);
    expect(breaking).toEqual([]);
    expect(lines[0]?.at(-1)).toBe('\n');
    const parsed: unknown = JSON.parse(lines[0] ?? '');
    expect(parsed).toMatchObject({ level: 'info', name: nasty, msg: nasty });
  });

  it.each([
    ['a field', { password: 'hunter22', token: 'opaque-1', refresh_token: 'opaque-2' }, 'done'],
    ['a field of a field', { body: { password: 'hunter22', access_token: 'opaque-1' } }, 'done'],
    ['a URL in the message', {}, 'GET /ws/1?token=opaque-1&x=1'],
    ['a URL in a field', { url: '/ws/1?x=1&access_token=opaque-1' }, 'x'],
    ['a signed token anywhere', { what: `it was ${JWT}` }, `token ${JWT}`],
    ['a header quoted in a message', {}, 'Authorization: Bearer opaque-1-opaque'],
  ])('does not tell the secret in %s', (_where, fields, message) => {
    const { lines, logger } = capture();
    logger.info(fields, message);
    expect(lines.join('')).not.toMatch(/hunter22|opaque|eyJ/);
    expect(lines.join('')).toContain('[redacted]');
  });

  it('keeps of an error what explains it, its causes too, and not the values of a statement', () => {
    const { lines, logger } = capture();
    const driver = Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (email)=(anna@example.com)' });
    const query = new QueryFailedError('INSERT …', ['anna@example.com', '$argon2id$hash'], driver);
    logger.error({ err: new Error('outer', { cause: query }) }, 'failed');
    const [line = ''] = lines;
    expect(line).not.toMatch(/anna|argon2id/);
    expect(JSON.parse(line)).toMatchObject({
      err: {
        type: 'Error',
        message: 'outer',
        stack: expect.stringContaining('ops-logger.test'),
        cause: { type: 'QueryFailedError' },
      },
    });
  });

  it('survives an error that is its own cause and a thrown value that is no error', () => {
    const { lines, logger } = capture();
    const loop = new Error('loop');
    loop.cause = loop;
    logger.error({ err: loop });
    logger.error({ err: 'text' });
    expect(lines.map((line) => JSON.parse(line).err.message)).toEqual(['loop', 'text']);
  });

  it('speaks for Nest: level, context, stack, fields', () => {
    const { lines, logger } = capture();
    const nest = new NestLogger(logger);
    nest.log('plain', 'Room');
    nest.error('broken', 'Error: broken\n    at somewhere', 'Room');
    nest.warn({ msg: 'fields', size: 3 }, 'Room');
    nest.error(new Error('thrown'), 'Room');
    nest.error('with cause', new Error('cause'), 'Room');
    nest.verbose('no context');
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { level: 'info', context: 'Room', msg: 'plain' },
      { level: 'error', context: 'Room', msg: 'broken', stack: expect.stringContaining('at somewhere') },
      { level: 'warn', context: 'Room', msg: 'fields', size: 3 },
      { level: 'error', context: 'Room', err: { message: 'thrown' } },
      { level: 'error', context: 'Room', msg: 'with cause', err: { message: 'cause' } },
      { level: 'trace', msg: 'no context' },
    ]);
  });

  it('of a request tells method, path and address, and neither headers nor body', async () => {
    const { lines, logger } = capture();
    const app = fastify(fastifyLogging(logger));
    app.post('/a', (request) => {
      request.log.info({ req: request }, 'seen');
      return {};
    });
    await app.inject({
      method: 'POST',
      url: '/a?token=opaque&b=1',
      headers: { authorization: 'Basic b3BhcXVl', cookie: 'refresh_token=opaque' },
      payload: { password: 'opaque' },
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(/opaque|b3BhcXVl|cookie/);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      req: { method: 'POST', url: '/a?token=[redacted]&b=1', ip: '127.0.0.1' },
    });
    await app.close();
  });
});

describe('a URL', () => {
  it('is cut where it grows long', () => {
    const { lines, logger } = capture();
    logger.info({ req: { method: 'GET', url: `/${'a'.repeat(15_000)}?token=opaque` } }, 'seen');
    const { req } = JSON.parse(lines[0] ?? '');
    expect(req.url).toMatch(/^\/a+…$/);
    expect(req.url).toHaveLength(2049);
  });

  it('is not cut within a token, most of which would be left', () => {
    const { lines, logger } = capture();
    const token = `aB${'x'.repeat(41)}`;
    for (const at of [2010, 2046]) logger.info({ req: { method: 'GET', url: `/${'a'.repeat(at)}/${token}` } }, 'seen');
    expect(lines.map((line) => JSON.parse(line).req.url)).toEqual([`/${'a'.repeat(2010)}/…`, `/${'a'.repeat(2046)}/…`]);
  });
});

describe('a request id', () => {
  it.each(['abc-123', 'a'.repeat(128), '7f3c0f5e-0b0b-4f6e-9a51-1b2c3d4e5f60', 'Root=1-67891233-abcdef012345678912345678'])(
    '%s is kept',
    (id) => {
      expect(requestIdOf({ headers: { 'x-request-id': id } })).toBe(id);
    },
  );

  it.each([undefined, '', 'a'.repeat(129), 'a b', 'a"b', 'a\u001b', '<script>', 'ä', 'a,b'])('%j is replaced', (id) => {
    expect(requestIdOf({ headers: { 'x-request-id': id } })).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('cannot be given twice', async () => {
    const server = createServer((request, response) => response.end(requestIdOf(request))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const outgoing = httpRequest({ port, host: '127.0.0.1', headers: { 'x-request-id': ['one', 'two'] } }).end();
    const [response] = await once(outgoing, 'response');
    expect(String(await new Response(response).text())).toMatch(/^[0-9a-f-]{36}$/);
    server.close();
  });
});

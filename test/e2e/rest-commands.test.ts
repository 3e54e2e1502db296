import { Injectable, Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AllowAnonymous, Command, SuperuserOnly } from '../../src/commands/command.js';
import type { Caller } from '../../src/realtime/connection.js';
import { Int, Text } from '../../src/validation/fields.js';
import { type Account, TestServer } from '../support/server.js';

class AddPayload {
  @Int({ min: 0, max: 10 })
  a!: number;

  @Int({ min: 0, max: 10 })
  b!: number;

  @Text({ optional: true, max: 5 })
  note?: string;
}

/** Commands of every kind of access; one that says nothing needs an account. */
@Injectable()
class TryCommands {
  @Command('try.add', { summary: 'Adds.', payload: AddPayload })
  add({ a, b }: AddPayload): { sum: number } {
    return { sum: a + b };
  }

  @Command('try.open', { summary: 'For everybody.' })
  @AllowAnonymous()
  open(_payload: object, { identity }: Caller): { known: boolean } {
    return { known: identity !== null };
  }

  @Command('try.closed', { summary: 'For superusers.' })
  @SuperuserOnly()
  async closed(): Promise<{ ok: boolean }> {
    await Promise.resolve();
    return { ok: true };
  }

  @Command('try.live', { summary: 'Needs a connection.', liveOnly: true })
  live(): object {
    return {};
  }

  @Command('try.hidden', { summary: 'For codecs only.', internal: true })
  @AllowAnonymous()
  hidden(): object {
    return {};
  }

  @Command('try.nothing', { summary: 'Answers nothing.' })
  nothing(): void {}

  @Command('try.fails', { summary: 'Has a fault.' })
  async fails(): Promise<never> {
    await Promise.resolve();
    throw new TypeError('a secret of ours');
  }
}

@Module({ providers: [TryCommands] })
class TryModule {}

let server: TestServer;
let account: Account;
let root: Account;
beforeAll(async () => {
  server = await TestServer.start({ extensions: [TryModule] });
  account = await server.user();
  root = await server.user({ isSuperuser: true });
});
afterAll(() => server.stop());

const text = expect.stringMatching(/\w/);
const request_id = text;
const failed = (code: string, more: object = {}) => ({ request_id, success: false, code, detail: text, ...more });
const run = async (name: string, payload: Record<string, unknown> | undefined, token?: string) => {
  const answer = await server.client(token).post(`/api/v1/commands/${name.replace('.', '/')}`, payload);
  return { status: answer.status, body: answer.body };
};

describe('POST /api/v1/commands/{domain}/{command}', () => {
  it('answers with the response of the sockets, without type and v', async () => {
    const { tokens } = account;
    const done = { request_id, success: true };
    expect(await run('try.add', { a: 1, b: 2 }, tokens.token)).toEqual({ status: 200, body: { ...done, data: { sum: 3 } } });
    expect(await run('try.nothing', undefined, tokens.token)).toEqual({ status: 200, body: { ...done, data: {} } });
    expect(await run('try.open', {}, tokens.token)).toEqual({ status: 200, body: { ...done, data: { known: true } } });
    expect(await run('try.open', undefined)).toEqual({ status: 200, body: { ...done, data: { known: false } } });
    expect(await run('try.closed', {}, root.tokens.token)).toEqual({ status: 200, body: { ...done, data: { ok: true } } });
    expect(await run('system.ping', { sent_at: 5 })).toEqual({
      ...{ status: 200, body: { ...done, data: { sent_at: 5, server_time: expect.any(Number) } } },
    });
  });

  it('gives the id of the request as the id of the response', async () => {
    const { headers, body } = await server.client().post('/api/v1/commands/system/ping', {});
    expect(body.request_id).toBe(headers.get('x-request-id'));
  });

  it('answers faults under their HTTP status', async () => {
    const { token } = account.tokens;
    expect(await run('nobody.knows', {}, token)).toEqual({ status: 404, body: failed('unknown_command') });
    expect(await run('try.hidden', {}, token)).toEqual({ status: 404, body: failed('unknown_command') });
    expect(await run('account.login', {}, token)).toEqual({ status: 404, body: failed('unknown_command') });
    expect(await run('try.add', { a: 1, b: 2 })).toEqual({ status: 401, body: failed('not_authenticated') });
    expect(await run('try.closed', {}, token)).toEqual({ status: 403, body: failed('forbidden') });
    expect(await run('try.live', {}, token)).toEqual({ status: 409, body: failed('conflict') });
    expect(await run('system.authenticate', { token }, token)).toEqual({ status: 409, body: failed('conflict') });
    expect(await run('try.fails', {}, token)).toEqual({
      status: 500,
      body: failed('internal', { detail: 'Internal server error' }),
    });
    expect(await run('try.add', { a: '1', note: 'too long' }, token)).toEqual({
      status: 422,
      body: failed('invalid_payload', {
        errors: [
          { loc: ['payload', 'a'], msg: 'value is not a valid integer', type: 'type_error.integer' },
          { loc: ['payload', 'b'], msg: 'field required', type: 'value_error.missing' },
          {
            ...{
              loc: ['payload', 'note'],
              msg: 'ensure this value has at most 5 characters',
              type: 'value_error.any_str.max_length',
            },
          },
        ],
      }),
    });
  });

  it('asks for a token with the challenge of rest, and takes a bad one for none', async () => {
    const { status, headers } = await server.client('x').post('/api/v1/commands/try/add', { a: 1, b: 2 });
    expect({ status, challenge: headers.get('www-authenticate') }).toEqual({ status: 401, challenge: 'Bearer' });
    expect((await run('try.open', {}, 'x')).body.data).toEqual({ known: false });
  });

  it.each([
    '/api/v1/commands/__proto__/constructor',
    '/api/v1/commands/system/..%2fping',
    '/api/v1/commands/%00/%ff',
    '/api/v1/commands/a.b/c',
  ])('finds nothing at %s', async (path) => {
    const { status } = await account.client.post(path, {});
    expect([400, 404]).toContain(status);
  });
});

describe('every command without an account', () => {
  it('is refused by every kind of transport, unless it says that it is for everybody', async () => {
    const socket = await server.socket('/ws/nobody');
    const { data } = await socket.command('system.commands');
    const closed = data.commands.filter(({ access }: { access: string }) => access !== 'anonymous');
    expect(closed.map(({ command }: { command: string }) => command)).toEqual(
      expect.arrayContaining(['try.add', 'try.closed', 'try.fails', 'try.live', 'try.nothing']),
    );
    for (const { command } of closed) {
      expect(await socket.command(command, {})).toMatchObject({ success: false, code: 'not_authenticated' });
      expect(await run(command, {})).toEqual({ status: 401, body: failed('not_authenticated') });
    }
    await socket.close();
  });

  it('is refused to an account that has become nobody, and to a right that was taken away', async () => {
    const fallen = await server.user({ isSuperuser: true });
    const socket = await server.socket('/ws/falling', { authorization: `Bearer ${fallen.tokens.token}` });
    expect(await socket.command('try.closed')).toMatchObject({ success: true });
    await root.client.put(`/api/v1/users/${fallen.id}`, { is_superuser: false });
    expect(await socket.nextThat(({ type }) => type === 'user.updated')).toBeDefined();
    expect(await socket.command('try.closed')).toMatchObject({ success: false, code: 'forbidden' });
    await socket.command('system.authenticate', { token: null });
    expect(await socket.command('try.add', { a: 1, b: 1 })).toMatchObject({ success: false, code: 'not_authenticated' });
    await socket.close();
  });

  it('says nothing of a fault of ours', async () => {
    const socket = await server.socket('/v1/connect', { authorization: `Bearer ${account.tokens.token}` });
    await socket.next();
    expect(await socket.command('try.fails', {}, 'r')).toEqual({
      ...{ type: 'response', v: 1, request_id: 'r', success: false, code: 'internal', detail: 'Internal server error' },
    });
    await socket.close();
  });
});

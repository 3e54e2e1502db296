import {
  type ArgumentsHost,
  Catch,
  Controller,
  Get,
  Module,
  Post,
  Req,
  SetMetadata,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { BaseWsExceptionFilter, ConnectedSocket, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { FastifyRequest } from 'fastify';
import type { Socket as ServerSocket } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { AccountsService } from '../../src/auth/accounts.service.js';
import { AuthModule } from '../../src/auth/auth.module.js';
import { LogInWith, loggedInUser } from '../../src/auth/guards/log-in.guard.js';
import { WsTokenGuard } from '../../src/auth/guards/ws-token.guard.js';
import { AccessTokens } from '../../src/auth/tokens.js';
import { coreErrorOf } from '../../src/errors/core-error-of.js';
import { ACCESS, Public, SelfOrSuperuser, Superuser } from '../../src/http/access.js';
import type { Identity } from '../../src/identity/identity.js';
import { TokenReader } from '../../src/realtime/ports.js';
import { Text } from '../../src/validation/fields.js';
import { PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

class LoginBody {
  @Text()
  login!: string;

  @Text({ secret: true })
  password!: string;
}

@Controller('team')
class TeamController {
  @Get('silent')
  silent(): object {
    return {};
  }

  @SetMetadata(ACCESS, { kind: 'everybody' })
  @Get('unknown')
  unknown(): object {
    return {};
  }

  @Superuser()
  @Get('superuser')
  superuser(): object {
    return {};
  }

  @SelfOrSuperuser('owner')
  @Get('self/:owner')
  self(): object {
    return {};
  }

  @SelfOrSuperuser('nobody')
  @Get('mistaken/:owner')
  mistaken(): object {
    return {};
  }

  @Public()
  @UseGuards(LogInWith(LoginBody, { username: 'login' }))
  @Post('log-in')
  logIn(@Req() request: FastifyRequest): object {
    return { id: loggedInUser(request).id, body: Object.keys(request.body as object).sort() };
  }
}

@Public()
@Controller('team-public')
class PublicController {
  @Get('open')
  open(): object {
    return {};
  }

  @Superuser()
  @Get('closed')
  closed(): object {
    return {};
  }
}

@Catch()
class TeamFaults extends BaseWsExceptionFilter {
  override catch(thrown: unknown, host: ArgumentsHost): void {
    host.switchToWs().getClient<ServerSocket>().emit('fault', coreErrorOf(thrown).code);
  }
}

@WebSocketGateway({ namespace: '/team' })
@UseGuards(WsTokenGuard)
@UseFilters(TeamFaults)
class TeamGateway {
  @SubscribeMessage('whoami')
  whoami(@ConnectedSocket() socket: ServerSocket): number {
    return (socket.data as { identity: Identity }).identity.session.userId;
  }
}

@Module({ imports: [AuthModule], controllers: [TeamController, PublicController], providers: [TeamGateway] })
class TeamModule {}

let server: TestServer;
const sockets: Socket[] = [];

beforeAll(async () => {
  server = await TestServer.start({ extensions: [TeamModule] });
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const socket of sockets.splice(0)) socket.disconnect();
});
afterAll(async () => {
  await server?.stop();
});

describe('a route', () => {
  test('that says nothing, or something unknown, is closed to who has no account', async () => {
    const { client } = await server.user();
    for (const path of ['/team/silent', '/team/unknown', '/team/superuser', '/team/self/1', '/team-public/closed']) {
      expect((await server.client().get(path)).status, path).toBe(401);
      expect((await server.client('x').get(path)).status, path).toBe(401);
    }
    expect((await client.get('/team/silent')).status).toBe(200);
    expect((await client.get('/team/unknown')).status).toBe(403);
    expect((await server.client('x').get('/team-public/open')).status).toBe(200);
    expect((await client.get('/team-public/closed')).status).toBe(403);
  });

  test('for superusers is closed to others', async () => {
    const [{ client }, root] = [await server.user(), await server.user({ isSuperuser: true })];
    expect([(await client.get('/team/superuser')).status, (await root.client.get('/team/superuser')).status]).toEqual([403, 200]);
  });

  test('of one’s own is closed to others, whatever the path says', async () => {
    const [{ id, client }, root] = [await server.user(), await server.user({ isSuperuser: true })];
    const statusOf = async (owner: string) => (await client.get(`/team/self/${owner}`)).status;
    expect(await statusOf(String(id))).toBe(200);
    for (const other of [root.id, id + 1, 0, -id, '9223372036854775807', `+${id + 1}`])
      expect(await statusOf(String(other)), String(other)).toBe(403);
    for (const none of ['x', '1.0', '1e3', '0x1', `${id}%20`, `${id}%00`, '9223372036854775808', '%F0%9F%98%80'])
      expect(await statusOf(none), none).toBe(422);
    expect((await root.client.get(`/team/self/${id}`)).status).toBe(200);
    // A guard for a parameter that the path has not lets nobody in but superusers.
    expect((await client.get(`/team/mistaken/${id}`)).status).toBe(422);
  });
});

describe('the log-in guard', () => {
  const logIn = (body: unknown, query = '') => server.client().post(`/team/log-in${query}`, body as never);

  test('leaves the user, and of the body what the DTO names', async () => {
    const { id, username, email } = await server.user();
    const answer = await logIn({ login: username, password: PASSWORD, is_superuser: true, username: 'root' });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ id, body: ['login', 'password'] });
    expect((await logIn({ login: email, password: PASSWORD })).body.id).toBe(id);
  });

  test('tells what is missing, instead of wrong credentials', async () => {
    const { username } = await server.user();
    for (const body of [
      {},
      { login: username },
      { password: PASSWORD },
      { login: 7, password: PASSWORD },
      { username, password: PASSWORD },
      [],
      'x',
      null,
    ]) {
      expect((await logIn(body)).status, JSON.stringify(body)).toBe(422);
    }
  });

  test('takes nothing from the query', async () => {
    const { username } = await server.user();
    const query = `?login=${username}&password=${encodeURIComponent(PASSWORD)}`;
    const verify = vi.spyOn(server.app.get(AccountsService), 'verifyCredentials');
    expect((await logIn({ login: '', password: '' }, query)).status).toBe(401);
    expect((await logIn({ login: username, password: '' }, query)).status).toBe(401);
    expect((await logIn({}, query)).status).toBe(422);
    expect(verify).not.toHaveBeenCalled();
  });

  test('answers each of many at once with their own user', async () => {
    const users = [await server.user(), await server.user(), await server.user(), await server.user()];
    const wrong = { login: users[0]?.username ?? '', password: 'not the password' };
    const answers = await Promise.all([...users, ...users].map(({ username }) => logIn({ login: username, password: PASSWORD })));
    expect(answers.map(({ body }) => body.id)).toEqual([...users, ...users].map(({ id }) => id));
    const mixed = await Promise.all(
      users.flatMap(({ username }) => [logIn(wrong), logIn({ login: username, password: PASSWORD })]),
    );
    mixed.forEach((answer, n) => expect(n % 2 ? answer.body.id : answer.status).toBe(n % 2 ? users[(n - 1) / 2]?.id : 401));
  });

  test('asks the application whose route it is, where several run in one process', async () => {
    const other = await TestServer.start({ extensions: [TeamModule] });
    try {
      const { username } = await server.user();
      const verify = [server, other].map(({ app }) => vi.spyOn(app.get(AccountsService), 'verifyCredentials'));
      expect((await logIn({ login: username, password: PASSWORD })).status).toBe(201);
      expect((await other.client().post('/team/log-in', { login: username, password: PASSWORD })).status).toBe(401);
      expect(verify.map((spy) => spy.mock.calls.length)).toEqual([1, 1]);
    } finally {
      await other.stop();
    }
    const { id, username } = await server.user();
    expect((await logIn({ login: username, password: PASSWORD })).body.id).toBe(id);
  });
});

describe('the guard of a team’s own gateway', () => {
  const connect = async (options: { auth?: object; query?: Record<string, string>; extraHeaders?: Record<string, string> }) => {
    const socket = io(`${server.url}/team`, { transports: ['websocket'], reconnection: false, forceNew: true, ...options });
    sockets.push(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    return socket;
  };
  /** What a message is answered with: the user's id, or the code of the fault. */
  const ask = (socket: Socket): Promise<unknown> =>
    new Promise((resolve) => {
      socket.once('fault', resolve);
      socket.emit('whoami', {}, resolve);
    });

  test('takes the token from the header, else the query, else auth', async () => {
    const [alice, bob] = [await server.user(), await server.user()];
    const bearer = { authorization: `Bearer ${alice.tokens.token}` };
    const [mine, others] = [alice.tokens.token, bob.tokens.token];
    expect(await ask(await connect({ extraHeaders: bearer }))).toBe(alice.id);
    expect(await ask(await connect({ query: { token: mine } }))).toBe(alice.id);
    expect(await ask(await connect({ auth: { token: mine } }))).toBe(alice.id);
    expect(await ask(await connect({ extraHeaders: bearer, query: { token: others }, auth: { token: others } }))).toBe(alice.id);
    expect(await ask(await connect({ query: { token: mine }, auth: { token: others } }))).toBe(alice.id);
    expect(await ask(await connect({ extraHeaders: { authorization: 'Bearer x' }, query: { token: mine } }))).toBe(
      'not_authenticated',
    );
  });

  test('refuses without a good token, whatever stands in its place', async () => {
    for (const auth of [
      {},
      { token: 'x' },
      { token: 7 },
      { token: ['x'] },
      { token: { token: 'x' } },
      { __proto__: { token: 'x' } },
    ]) {
      expect(await ask(await connect({ auth }))).toBe('not_authenticated');
    }
  });

  test('notices that the session has ended, and that the token has run out', async () => {
    const alice = await server.user();
    const socket = await connect({ auth: { token: alice.tokens.token } });
    expect(await ask(socket)).toBe(alice.id);
    await server.client().post('/auth/logout', { refresh_token: alice.tokens.refreshToken });
    expect(await ask(socket)).toBe('not_authenticated');
    const bob = await server.user();
    const identity = await server.app.get(TokenReader).identify(bob.tokens.token);
    if (!identity) throw new Error('no identity');
    const short = server.app.get(AccessTokens, { strict: false }).sign({ ...identity.session, generation: 0 }, 2);
    const second = await connect({ auth: { token: short.token } });
    expect(await ask(second)).toBe(bob.id);
    await until(async () => (await ask(second)) === 'not_authenticated');
    expect(Date.now()).toBeGreaterThanOrEqual(short.expiresAt);
  });

  test('reads a session again that has changed', async () => {
    const [alice, root] = [await server.user(), await server.user({ isSuperuser: true })];
    const socket = await connect({ auth: { token: alice.tokens.token } });
    expect(await ask(socket)).toBe(alice.id);
    await root.client.put(`/api/v1/users/${alice.id}`, { is_superuser: true });
    expect(await ask(socket)).toBe(alice.id);
    await root.client.delete(`/api/v1/users/${alice.id}`);
    await until(async () => (await ask(socket)) === 'not_authenticated', 1000);
  });
});

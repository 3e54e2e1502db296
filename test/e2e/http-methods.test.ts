import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, TestServer } from '../support/server.js';
import { TcpSocket } from '../support/tcp-socket.js';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

interface Paths {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

describe('a method that a route does not take', () => {
  it('is answered 405 with the methods that it takes, on every route of the document', async () => {
    const { paths } = (await server.client().get('/openapi.json')).body as Paths;
    const faults: string[] = [];
    for (const [path, operations] of Object.entries(paths)) {
      const taken = Object.keys(operations).map((method) => method.toUpperCase());
      const other = METHODS.find((method) => !taken.includes(method)) ?? 'TRACE';
      const target = path.replaceAll(/\{[^}]+\}/g, '17');
      const { status, headers } = await server.client().raw(target, { method: other });
      const allowed = (headers.get('allow') ?? '').split(', ');
      if (status !== 405 || !taken.every((method) => allowed.includes(method)) || allowed.includes(other)) {
        faults.push(`${other} ${path}: ${status} ${headers.get('allow')}`);
      }
    }
    expect(faults).toEqual([]);
  });

  it.each([
    ['GET', '/auth/login', { success: false, detail: 'Method not allowed' }, 'POST'],
    ['PUT', '/register/', { error: 'Method Not Allowed' }, 'POST'],
    ['POST', '/api/v1/users/me?x=1', { detail: 'Method not allowed' }, 'DELETE, GET, HEAD, PUT'],
  ])('%s %s is worded by the protocol of the route', async (method, path, body, allow) => {
    const answer = await server.client().raw(path, { method });
    expect([answer.status, answer.body, answer.headers.get('allow')]).toEqual([405, body, allow]);
  });

  it('leaves 404 to paths that nobody serves, and to things that are not there', async () => {
    expect((await server.client().raw('/api/v1/nowhere', { method: 'PUT' })).status).toBe(404);
    const { client } = await server.user({ isSuperuser: true });
    expect((await client.get('/api/v1/users/987654321')).status).toBe(404);
  });
});

describe('a form of parts', () => {
  const parts = (fields: Readonly<Record<string, string>>): FormData => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    return form;
  };
  const send = (path: string, body: RequestInit['body'], headers: Record<string, string> = {}) =>
    server.client().raw(path, { method: 'POST', body: body as FormData, headers });

  it.each(['/api/v1/auth/login', '/api/v1/login/access-token', '/auth/login'])('logs in at %s', async (path) => {
    const { username } = await server.user();
    expect((await send(path, parts({ username, password: PASSWORD }))).status).toBe(200);
    expect((await send(path, parts({ username, password: 'wrong password' }))).status).toBe(401);
  });

  it('registers, with text of any script, and the last of two values counts', async () => {
    const username = server.name('form');
    const form = parts({ username: 'nobody', email: `${username}@example.com`, password: PASSWORD, full_name: 'Иван Петров' });
    form.append('username', username);
    const { status, body } = await send('/api/v1/auth/register', form);
    expect(status).toBe(200);
    expect((await server.client(body.access_token).get('/api/v1/users/me')).body).toMatchObject({
      username,
      full_name: 'Иван Петров',
    });
  });

  it.each<[string, string, string | Buffer]>([
    ['a part without a name', 'multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n'],
    ['no end', 'multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name="username"\r\n\r\na'],
    [
      'text that is no UTF-8',
      'multipart/form-data; boundary=x',
      Buffer.from('--x\r\nContent-Disposition: form-data; name="username"\r\n\r\n\xff\r\n--x--\r\n', 'latin1'),
    ],
    [
      'a file',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="username"; filename="a.txt"\r\n\r\na\r\n--x--\r\n',
    ],
    [
      'too many parts',
      'multipart/form-data; boundary=x',
      `${'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\na\r\n'.repeat(300)}--x--\r\n`,
    ],
  ])('with %s is refused', async (_what, type, body) => {
    expect((await send('/api/v1/auth/login', body, { 'content-type': type })).status).toBe(400);
  });
});

it.each<[string, string]>([
  ['multipart/form-data', '--x--\r\n'],
  [`multipart/form-data; boundary=${'x'.repeat(71)}`, `--${'x'.repeat(71)}--`],
  ['multipart/form-data; boundary=x', '{}'],
])('a body of type %s that is no such form is 415', async (type, body) => {
  const { status } = await server.client().raw('/auth/login', { method: 'POST', headers: { 'content-type': type }, body });
  expect(status).toBe(415);
});

describe('the challenge of a 401', () => {
  it.each(['/api/v1/users/me', '/auth/revoke'])('of %s says whether the token that came is bad', async (path) => {
    const method = path === '/auth/revoke' ? 'POST' : 'GET';
    const without = await server.client().raw(path, { method });
    expect([without.status, without.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    const { headers } = await server.client('not.a.token').raw(path, { method });
    expect(headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/);
  });

  it.each([
    ['/v1/connect', 'Bearer'],
    ['/v1/connect?token=not.a.token', 'Bearer error="invalid_token"'],
    ['/?token=not.a.token', 'Bearer error="invalid_token"'],
  ])('of the upgrade %s says so as well', async (path, challenge) => {
    const tcp = await TcpSocket.connect(server.port);
    tcp.upgrade(path);
    const { status, headers } = await tcp.head();
    expect([status, headers.get('www-authenticate')?.split(',')[0]]).toEqual([401, challenge]);
    tcp.destroy();
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccountsService } from '../../src/auth/accounts.service.js';
import { has, programOf } from '../support/capabilities.js';
import { ClientDocument } from '../support/documents.js';
import { runExample, runJavaScript } from '../support/examples.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';

const document = new ClientDocument('api-reference');
type Fields = Record<string, unknown>;

let server: TestServer;
let client: Account['client'];
let boss: Account;

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client();
  // Whom the examples log in as; they read the list of users, which is for superusers.
  const account = { username: 'user', email: 'the.user@example.com', password: 'password', isSuperuser: true };
  await server.app.get(AccountsService).create(account, null, null);
  boss = await server.user({ isSuperuser: true });
});

afterAll(() => server.stop());

/** The only change to an example: where the server is. */
const here = (code: string): string =>
  code.replaceAll('http://localhost:8000', server.url).replaceAll('ws://localhost:8000', server.wsUrl);
const fieldsOf = (heading: string, label: string): string[] => Object.keys(document.json(heading, label) as object).toSorted();
const usernames = (users: { username: string }[]): string[] => users.map(({ username }) => username);

describe('the examples of the API reference, as printed', () => {
  it.runIf(has.python)('Python', async () => {
    const code = `${here(document.code('Python Example', 'python'))}\nimport json\nprint(json.dumps([token, users]))\n`;
    const { code: exit, out, err } = await runExample(programOf('python'), ['-'], code);
    expect(err).toBe('');
    expect(exit).toBe(0);
    const [token, users] = JSON.parse(out);
    expect(token).toMatch(/^eyJ/);
    expect(usernames(users)).toEqual(expect.arrayContaining(['user', boss.username]));
  });

  it('JavaScript', async () => {
    const code = `${here(document.code('JavaScript Example', 'javascript'))}\nconsole.log(JSON.stringify([access_token, users]));\n`;
    const { code: exit, out, err } = await runJavaScript(code);
    expect(err).toBe('');
    expect(exit).toBe(0);
    const [token, users] = JSON.parse(out);
    expect(token).toMatch(/^eyJ/);
    expect(usernames(users)).toEqual(expect.arrayContaining(['user', boss.username]));
  });

  it.runIf(has.curl)('cURL', async () => {
    const [logIn = '', getUsers = ''] = here(document.code('cURL Example', 'bash')).split('# Get users');
    const first = await runExample('sh', ['-s'], logIn);
    expect(first.code, first.err).toBe(0);
    const { access_token: token, token_type: type } = JSON.parse(first.out);
    expect(type).toBe('bearer');
    expect(getUsers).toContain('<access_token>');
    const second = await runExample('sh', ['-s'], getUsers.replace('<access_token>', token));
    expect(second.code, second.err).toBe(0);
    expect(usernames(JSON.parse(second.out))).toEqual(expect.arrayContaining(['user', boss.username]));
  });

  it('the WebSocket connection, its message and its answer', async () => {
    const send = document.code('WS /api/v1/ws/{client_id}', 'json', 'Отправка сообщения');
    const connection = here(document.code('WS /api/v1/ws/{client_id}', 'javascript'));
    const code = `${connection}\nws.onopen = () => ws.send(${JSON.stringify(send)});\nws.onmessage = ({ data }) => { console.log(data); ws.close(); };\n`;
    const { code: exit, out, err } = await runJavaScript(code);
    expect(err).toBe('');
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toEqual(document.json('WS /api/v1/ws/{client_id}', 'Получение сообщения'));
  });

  it('the form of all other messages', async () => {
    const printed = document.json('WS /api/v1/ws/{client_id}', 'Message Format') as Fields;
    const socket = await server.socket('/api/v1/ws/user-123');
    const answer = await socket.ask(printed);
    expect(Object.keys(answer)).toEqual(Object.keys(printed));
    expect(answer.data).toBeTypeOf('object');
    expect(answer.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    await socket.close();
  });

  it('the addresses of the interactive documentation', async () => {
    for (const path of ['/docs', '/redoc']) {
      const page = await client.get<string>(path);
      expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/html/)]);
    }
  });
});

describe('the requests and answers of the API reference', () => {
  const LOG_IN = 'POST /api/v1/auth/login';
  const REGISTER = 'POST /api/v1/auth/register';
  const UPDATE = 'PUT /api/v1/users/{user_id}';

  it('POST /api/v1/auth/login', async () => {
    const body = { ...(document.json(LOG_IN, 'Request') as Fields), username: 'user', password: 'password' };
    const answer = await client.post('/api/v1/auth/login', body);
    expect([answer.status, Object.keys(answer.body).toSorted()]).toEqual([200, fieldsOf(LOG_IN, 'Response')]);
    expect(answer.body.token_type).toBe((document.json(LOG_IN, 'Response') as Fields)['token_type']);
    // As printed, placeholders and all: nobody is called that.
    expect((await client.post('/api/v1/auth/login', document.json(LOG_IN, 'Request') as Fields)).status).toBe(401);
  });

  it('POST /api/v1/auth/register', async () => {
    const body = { ...(document.json(REGISTER, 'Request') as Fields), password: PASSWORD };
    const answer = await client.post('/api/v1/auth/register', body);
    expect([answer.status, Object.keys(answer.body).toSorted()]).toEqual([200, fieldsOf(REGISTER, 'Response')]);
    const me = (await server.client(answer.body.access_token).get('/api/v1/users/me')).body;
    const { email, username, full_name: fullName } = body as Fields;
    expect(me).toMatchObject({ email, username, full_name: fullName });
  });

  it('GET /api/v1/users/ and GET /api/v1/users/{user_id}', async () => {
    const [printed] = document.json('GET /api/v1/users/', 'Response') as [Fields];
    const page = await boss.client.get('/api/v1/users/?skip=0&limit=100');
    expect(page.status).toBe(200);
    const types = (user: object): [string, string][] =>
      Object.entries(user).map(([key, value]): [string, string] => [key, typeof value]);
    const one = (await boss.client.get(`/api/v1/users/${boss.id}`)).body;
    for (const user of [...page.body, one]) expect(Object.keys(user)).toEqual(Object.keys(printed));
    const full = await boss.client.put(`/api/v1/users/${boss.id}`, { full_name: 'string' });
    expect(types(full.body)).toEqual(types(printed));
    expect(full.body.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Object.keys(document.json('GET /api/v1/users/{user_id}', 'Response') as object)).toEqual(Object.keys(printed));
  });

  it('PUT /api/v1/users/{user_id}', async () => {
    const user = await server.user();
    const body = document.json(UPDATE, 'Request') as Fields;
    const answer = await user.client.put(`/api/v1/users/${user.id}`, body);
    const { id: _id, created_at: _created, updated_at: _updated, ...expected } = document.json(UPDATE, 'Response') as Fields;
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ ...expected, id: user.id });
    expect((await client.post('/api/v1/auth/login', { username: 'newusername', password: 'newpassword' })).status).toBe(200);
  });

  it('DELETE /api/v1/users/{user_id}', async () => {
    const user = await server.user();
    const answer = await user.client.delete(`/api/v1/users/${user.id}`);
    expect([answer.status, answer.body]).toEqual([200, document.json('DELETE /api/v1/users/{user_id}', 'Response')]);
  });

  it.each([
    [
      '400 Bad Request',
      () => client.raw('/api/v1/auth/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }),
    ],
    ['401 Unauthorized', () => client.get('/api/v1/users/1')],
    ['403 Forbidden', async () => (await server.user()).client.get('/api/v1/users/')],
    ['404 Not Found', () => boss.client.get('/api/v1/users/999999')],
    [
      '422 Validation Error',
      () =>
        client.post('/api/v1/auth/register', {
          email: 'no address',
          username: 'string',
          password: PASSWORD,
          full_name: 'string',
        }),
    ],
  ] as const)('%s', async (heading, ask) => {
    const answer = await ask();
    expect([answer.status, answer.body]).toEqual([Number.parseInt(heading, 10), document.json(heading)]);
  });

  it('the limits: ten requests a second of the API, thirty of the rest, and twenty more at once', async () => {
    const limited = await TestServer.start({ variables: { RATE_LIMIT: 'on' } });
    try {
      for (const [path, atOnce] of [
        ['/api/v1/users/1', 30],
        ['/.well-known/jwks.json', 50],
      ] as const) {
        const from = performance.now();
        const answers = await Promise.all(Array.from({ length: atOnce + 30 }, () => limited.client().get(path)));
        const refilled = Math.ceil(((performance.now() - from) / 1_000) * (atOnce - 20));
        const refused = answers.filter(({ status }) => status === 429);
        expect(answers.length - refused.length).toBeGreaterThanOrEqual(atOnce);
        expect(answers.length - refused.length).toBeLessThanOrEqual(atOnce + refilled);
        for (const { body, headers } of refused) {
          expect(body).toEqual(document.json('Rate Limiting'));
          expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
        }
      }
    } finally {
      await limited.stop();
    }
  });
});

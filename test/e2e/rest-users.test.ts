import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSql } from '../support/database.js';
import type { Answer, Client, Parsed } from '../support/http-client.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';

let server: TestServer;
let root: Account;
let alice: Account;
let bob: Account;
beforeAll(async () => {
  server = await TestServer.start();
  root = await server.user({ isSuperuser: true });
  alice = await server.user();
  bob = await server.user();
});
afterAll(() => server.stop());

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const FORBIDDEN = { status: 403, body: { detail: 'Not enough permissions' } };
const UNKNOWN = { status: 404, body: { detail: 'Resource not found' } };
const TAKEN = { status: 400, body: { detail: 'User with this username or email already exists.' } };
const invalid = (loc: readonly string[], type: string, msg: unknown = expect.any(String)) => ({
  ...{ status: 422, body: { detail: [{ loc, msg, type }] } },
});
/** The eight fields of the document. */
const userOf = ({ id, username, email }: Pick<Account, 'id' | 'username' | 'email'>) => ({
  ...{ id, email, username, full_name: null, is_active: true, is_superuser: false, created_at: time, updated_at: time },
});
type Method = 'get' | 'put' | 'delete' | 'post';
const ask = async (client: Client, method: Method, path: string, body: Record<string, unknown> = {}) => {
  const answer = method === 'put' || method === 'post' ? await client[method](path, body) : await client[method](path);
  return { status: answer.status, body: answer.body };
};
const users = (rest: string | number = ''): string => `/api/v1/users/${rest}`;

describe('a user', () => {
  it('is shown with exactly eight fields, to itself and to superusers', async () => {
    const shown = { status: 200, body: userOf(alice) };
    expect(await ask(alice.client, 'get', users(alice.id))).toEqual(shown);
    expect(await ask(alice.client, 'get', users('me'))).toEqual(shown);
    expect(await ask(root.client, 'get', users(alice.id))).toEqual(shown);
    expect(await ask(root.client, 'get', users('me'))).toMatchObject({ body: { id: root.id, is_superuser: true } });
  });

  it('is changed with all fields of the document, and shown as it is then', async () => {
    const one = await server.user();
    const changes = { email: 'newemail@example.com', username: 'newusername', full_name: 'New Name', password: 'newpassword' };
    const { password, ...shown } = changes;
    expect(await ask(one.client, 'put', users(one.id), changes)).toEqual({ status: 200, body: { ...userOf(one), ...shown } });
    expect((await server.client().logIn('newusername', password)).token).toBeTruthy();
    await ask(root.client, 'delete', users(one.id));
  });

  it('is changed in part: what is left out stays, null clears the full name only', async () => {
    const one = await server.user();
    expect(await ask(one.client, 'put', users(one.id), {})).toEqual({ status: 200, body: userOf(one) });
    expect((await ask(one.client, 'put', users(one.id), { full_name: 'Алиса 🎮' })).body.full_name).toBe('Алиса 🎮');
    expect((await ask(one.client, 'put', users(one.id), { full_name: null })).body.full_name).toBeNull();
    for (const field of ['email', 'username', 'password', 'is_active', 'is_superuser']) {
      const answer = await ask(one.client, 'put', users(one.id), { [field]: null });
      expect(answer).toEqual(invalid(['body', field], 'type_error.none.not_allowed'));
    }
    expect(await ask(one.client, 'put', users(one.id), { full_name: 'x'.repeat(201) })).toEqual(
      invalid(['body', 'full_name'], 'value_error.any_str.max_length', 'ensure this value has at most 200 characters'),
    );
    expect((await ask(one.client, 'put', users(one.id), { id: 1, created_at: 'now', password_hash: 'x' })).body).toEqual(
      userOf(one),
    );
  });

  it.each(['rest', 'mcp'])(
    'of %s can be written back as it was read, by the user itself, with one field changed',
    async (protocol) => {
      const username = server.name();
      if (protocol === 'mcp') await server.client().post('/register', { login: username, password: PASSWORD });
      else
        await server.client().post('/api/v1/auth/register', { username, email: `${username}@example.com`, password: PASSWORD });
      const client = server.client((await server.client().logIn(username, PASSWORD)).token);
      const { body: me } = await client.get(users('me'));
      for (const path of [users(me.id), users('me')]) {
        expect(await ask(client, 'put', path, { ...me, full_name: path })).toMatchObject({
          status: 200,
          body: { ...me, full_name: path, updated_at: time },
        });
        expect(await ask(client, 'put', path, { ...me, is_superuser: true })).toEqual(FORBIDDEN);
        expect(await ask(client, 'put', path, { ...me, is_active: false })).toEqual(FORBIDDEN);
      }
      expect(await ask(client, 'delete', users('me'))).toEqual({ status: 200, body: { message: 'User deleted successfully' } });
      expect((await client.get(users('me'))).status).toBe(401);
    },
  );

  it('that is suspended can be written back by a superuser as it was read', async () => {
    const one = await server.user();
    const until = `${new Date(Date.now() + 86_400_000).toISOString().slice(0, 19)}Z`;
    await root.client.put(users(`${one.id}/suspension`), { until, reason: 'spam' });
    const { body } = await root.client.get(users(one.id));
    expect(body.suspended_until).toBe(until);
    expect((await ask(root.client, 'put', users(one.id), { ...body, full_name: 'New' })).body).toEqual({
      ...body,
      full_name: 'New',
      updated_at: time,
    });
    await root.client.delete(users(one.id));
  });

  it('is deleted for good', async () => {
    const one = await server.user();
    expect(await ask(one.client, 'delete', users(one.id))).toEqual({
      status: 200,
      body: { message: 'User deleted successfully' },
    });
    expect(await ask(root.client, 'get', users(one.id))).toEqual(UNKNOWN);
    expect(await ask(root.client, 'delete', users(one.id))).toEqual(UNKNOWN);
    expect(await ask(root.client, 'put', users(one.id), { full_name: 'x' })).toEqual(UNKNOWN);
    expect((await ask(one.client, 'get', users('me'))).status).toBe(401);
    const next = await server.user();
    expect(next.id).toBeGreaterThan(one.id);
  });

  it('cannot have a name or an address that somebody has', async () => {
    const one = await server.user();
    for (const changes of [{ username: alice.username.toUpperCase() }, { email: alice.email.toUpperCase() }]) {
      expect(await ask(one.client, 'put', users(one.id), changes)).toEqual(TAKEN);
    }
    // Its own, in another case, it may have.
    expect((await ask(one.client, 'put', users(one.id), { username: one.username.toUpperCase() })).status).toBe(200);
  });
});

describe('rights', () => {
  it('over somebody else are those of superusers, whether or not there is such a user', async () => {
    for (const method of ['get', 'put', 'delete'] as const) {
      for (const id of [bob.id, root.id, 999_999, 0, -1]) {
        expect({ method, id, ...(await ask(alice.client, method, users(id))) }).toEqual({ method, id, ...FORBIDDEN });
      }
    }
    expect(await ask(alice.client, 'get', users())).toEqual(FORBIDDEN);
    expect(await ask(alice.client, 'post', users())).toEqual(FORBIDDEN);
    expect(await ask(alice.client, 'post', users(`${alice.id}/reset-password`))).toEqual(FORBIDDEN);
  });

  it.each([{ is_superuser: true }, { is_active: false }, { is_superuser: true, is_active: true }])(
    'such as %j are a superuser’s to give',
    async (changes) => {
      expect(await ask(alice.client, 'put', users(alice.id), changes)).toEqual(FORBIDDEN);
      expect((await ask(alice.client, 'get', users(alice.id))).body).toEqual(userOf(alice));
    },
  );

  it('that are given or taken count at once', async () => {
    const one = await server.user();
    expect((await ask(root.client, 'put', users(one.id), { is_superuser: true })).body.is_superuser).toBe(true);
    expect((await ask(one.client, 'get', users(alice.id))).status).toBe(200);
    await ask(root.client, 'put', users(one.id), { is_superuser: false });
    expect(await ask(one.client, 'get', users(alice.id))).toEqual(FORBIDDEN);
  });

  it('of the last active superuser cannot be taken away', async () => {
    for (const changes of [{ is_superuser: false }, { is_active: false }]) {
      expect(await ask(root.client, 'put', users(root.id), changes)).toEqual(FORBIDDEN);
    }
    expect(await ask(root.client, 'delete', users(root.id))).toEqual(FORBIDDEN);
    const second = await server.user({ isSuperuser: true });
    expect((await ask(second.client, 'put', users(second.id), { is_superuser: false })).status).toBe(200);
  });

  it('are asked for before anything else', async () => {
    for (const path of [users(), users('me'), users(1), users('x'), users('1/sessions'), users('1/clients')]) {
      const { status, headers, body } = await server.client().get(path);
      expect({ path, status, body }).toEqual({ path, status: 401, body: { detail: 'Not authenticated' } });
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
  });
});

describe('an id in the path', () => {
  it.each([
    '1.5',
    'NaN',
    'x',
    '1e3',
    '0x1',
    '%31%20',
    '9223372036854775808',
    '18446744073709551616',
    '-9223372036854775809',
    '1'.repeat(400),
  ])('%s is no integer of 64 bits: 422', async (id) => {
    for (const method of ['get', 'put', 'delete'] as const) {
      expect(await ask(root.client, method, users(id))).toEqual(
        invalid(['path', 'user_id'], 'type_error.integer', 'value is not a valid integer'),
      );
    }
  });

  it.each(['0', '-1', '2147483648', '9007199254740993', '9223372036854775807', '-9223372036854775808'])(
    '%s is nobody’s: 404',
    async (id) => {
      for (const method of ['get', 'put', 'delete'] as const) expect(await ask(root.client, method, users(id))).toEqual(UNKNOWN);
      for (const rest of ['sessions', 'clients']) expect(await ask(root.client, 'get', users(`${id}/${rest}`))).toEqual(UNKNOWN);
      expect(await ask(root.client, 'delete', users(`${id}/sessions`))).toEqual(UNKNOWN);
      expect(await ask(root.client, 'post', users(`${id}/reset-password`))).toEqual(UNKNOWN);
    },
  );
});

describe('making a user', () => {
  it('is for superusers, with rights if they like', async () => {
    const username = server.name('made');
    const body = {
      username,
      email: `${username}@example.com`,
      password: PASSWORD,
      full_name: 'Made',
      is_superuser: true,
      is_active: false,
    };
    const { status, body: made } = await ask(root.client, 'post', users(), body);
    const { password: _password, ...shown } = body;
    expect({ status, body: made }).toEqual({ status: 200, body: { ...userOf({ ...shown, id: made.id }), ...shown } });
    expect(await ask(root.client, 'post', users(), body)).toEqual(TAKEN);
    expect(await ask(root.client, 'post', users(), { ...body, is_active: 'yes' })).toEqual(
      invalid(['body', 'is_active'], 'type_error.bool', 'value could not be parsed to a boolean'),
    );
    await ask(root.client, 'delete', users(made.id));
  });
});

describe('the list of users', () => {
  const idsOf = (body: Parsed): number[] => body.map(({ id }: { id: number }) => id);
  let ids: number[];
  beforeAll(async () => {
    await runSql(
      server.database.url,
      `INSERT INTO users (username, username_fold, username_skeleton, username_lookalike, email, email_fold, password_hash)
       SELECT 'Listed' || n, 'listed' || n, 'skeleton-' || n, 'skeleton-' || n, 'L' || n || '@example.com', 'l' || n || '@example.com', 'none'
       FROM generate_series(1, 250) AS n`,
    );
    ids = (await runSql<{ id: string }>(server.database.url, 'SELECT id FROM users ORDER BY id')).map(({ id }) => Number(id));
  });

  const list = (query = '') => root.client.get(`/api/v1/users/${query}`);

  it('has a hundred from the start, in id order, with the number of all', async () => {
    const { status, headers, body } = await list();
    expect({ status, ids: idsOf(body) }).toEqual({ status: 200, ids: ids.slice(0, 100) });
    expect(headers.get('x-total-count')).toBe(String(ids.length));
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(body[0]).toEqual({ ...userOf(root), is_superuser: true });
    for (const one of body) expect(Object.keys(one)).toHaveLength(8);
  });

  it('skips and limits', async () => {
    expect(idsOf((await list('?skip=10&limit=5')).body)).toEqual(ids.slice(10, 15));
    expect(idsOf((await list('?limit=1000')).body)).toEqual(ids);
    expect((await list(`?skip=${ids.length}`)).body).toEqual([]);
    // Of a parameter given twice the last counts.
    expect(idsOf((await list('?limit=1&limit=3')).body)).toEqual(ids.slice(0, 3));
  });

  it('is walked to its end by the links', async () => {
    const seen: number[] = [];
    let path: string | undefined = '/api/v1/users/?limit=37';
    let pages = 0;
    while (path !== undefined) {
      const { headers, body }: Answer<Parsed> = await root.client.get(path);
      seen.push(...idsOf(body));
      expect(headers.get('x-total-count')).toBe(String(ids.length));
      path = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
      pages += 1;
    }
    expect({ seen, pages }).toEqual({ seen: ids, pages: Math.ceil(ids.length / 37) });
  });

  it('leads on from a page that was skipped to', async () => {
    const { headers } = await list('?skip=20&limit=10');
    const next = /^<([^>]+)>/.exec(headers.get('link') ?? '')?.[1] ?? '';
    expect(idsOf((await root.client.get(next)).body)).toEqual(ids.slice(30, 40));
  });

  it('searches parts of names and addresses, without a total', async () => {
    const { headers, body } = await list('?q=LISTED24&limit=5');
    expect(body.map(({ username }: Parsed) => username)).toEqual([
      'Listed24',
      'Listed240',
      'Listed241',
      'Listed242',
      'Listed243',
    ]);
    expect(headers.get('x-total-count')).toBeNull();
    const next = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1] ?? '';
    expect(idsOf((await root.client.get(next)).body)).toHaveLength(5);
    expect(idsOf((await list('?q=l25%40')).body)).toHaveLength(1);
    expect((await list('?q=isted24&limit=1')).body).toMatchObject([{ username: 'Listed24' }]);
    expect((await list('?q=24%40example')).body.length).toBeGreaterThan(0);
    for (const q of ['%25', '_', '%5C', 'detsil', "'%20OR%201=1--"]) expect((await list(`?q=${q}`)).body).toEqual([]);
  });

  it('is the same with a trailing slash and without', async () => {
    const plain = await root.client.get('/api/v1/users?limit=2');
    expect(plain.body).toEqual((await list('?limit=2')).body);
    expect((await root.client.get(`/api/v1/users/${alice.id}/`)).body.id).toBe(alice.id);
    expect((await alice.client.get('/api/v1/users/me/')).body.id).toBe(alice.id);
  });

  it.each([
    ['skip=-1', ['query', 'skip'], 'value_error.number.not_ge', 'ensure this value is greater than or equal to 0'],
    ['limit=0', ['query', 'limit'], 'value_error.number.not_ge', 'ensure this value is greater than or equal to 1'],
    ['limit=-1', ['query', 'limit'], 'value_error.number.not_ge', 'ensure this value is greater than or equal to 1'],
    ['limit=1001', ['query', 'limit'], 'value_error.number.not_le', 'ensure this value is less than or equal to 1000'],
    ['limit=', ['query', 'limit'], 'type_error.integer', 'value is not a valid integer'],
    ['limit=1.5', ['query', 'limit'], 'type_error.integer', 'value is not a valid integer'],
    ['limit=NaN', ['query', 'limit'], 'type_error.integer', 'value is not a valid integer'],
    ['skip=18446744073709551616', ['query', 'skip'], 'type_error.integer', 'value is not a valid integer'],
    ['skip=9223372036854775808', ['query', 'skip'], 'type_error.integer', 'value is not a valid integer'],
    ['after=x', ['query', 'after'], 'type_error.integer', 'value is not a valid integer'],
    ['q=%00', ['query', 'q'], 'value_error.str.regex', undefined],
  ])('refuses ?%s', async (query, loc, type, msg) => {
    const { status, body } = await list(`?${query}`);
    expect({ status, body }).toEqual(invalid(loc, type, msg ?? expect.any(String)));
  });

  it('says all that is wrong with a query', async () => {
    expect((await list('?skip=-1&limit=x')).body.detail.map(({ loc }: Parsed) => loc)).toEqual([
      ['query', 'skip'],
      ['query', 'limit'],
    ]);
  });
});

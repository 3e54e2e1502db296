import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSql } from '../support/database.js';
import { PASSWORD, TestServer } from '../support/server.js';
import { ACCOUNT_DRIVERS } from './drivers/accounts.js';
import type { AccountProtocol } from './drivers/driver.js';
import { expectFault } from './words.js';

const token = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/);
const timestamp = expect.any(Number);

/** Bodies of success, key by key, as the documents print them. */
const SUCCESS: Readonly<Record<AccountProtocol, { register(username: string, email: string): unknown; logIn: unknown }>> = {
  game: {
    register: (username, email) => ({ success: true, data: { account_id: expect.any(Number), email, username } }),
    logIn: { success: true, data: { token, refresh_token: expect.stringMatching(/^[\w-]{43}$/), expires_in: 3600 } },
  },
  rest: {
    register: () => ({ access_token: token, token_type: 'bearer' }),
    logIn: { access_token: token, token_type: 'bearer' },
  },
  mcp: { register: () => ({ success: true }), logIn: { token } },
  messenger: {
    register: () => ({ mode: 'register', timestamp, status: 200, token }),
    logIn: { mode: 'auth', timestamp, status: 200, token },
  },
};

let server: TestServer;
let closed: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  closed = await TestServer.start({ variables: { REGISTRATION: 'closed' } });
});
afterAll(() => Promise.all([server.stop(), closed.stop()]));

describe.each(ACCOUNT_DRIVERS)('accounts through $protocol', (driver) => {
  const { protocol } = driver;
  const fresh = () => {
    const username = server.name(protocol);
    return { username, email: `${username}@example.com`, password: PASSWORD };
  };

  it('registers with the answer of its document', async () => {
    const fields = fresh();
    const { status, body } = await driver.register(server, fields);
    expect({ status, body }).toEqual({ status: 200, body: SUCCESS[protocol].register(fields.username, fields.email) });
  });

  it('logs in by name and by e-mail, in any case', async () => {
    const fields = fresh();
    await driver.register(server, fields);
    for (const username of [fields.username, fields.username.toUpperCase(), fields.email, fields.email.toUpperCase()]) {
      const { status, body } = await driver.logIn(server, { username, password: PASSWORD });
      expect({ username, status, body }).toEqual({ username, status: 200, body: SUCCESS[protocol].logIn });
    }
  });

  it('logs in through every protocol whom it registered, and its tokens are accepted by all', async () => {
    const fields = fresh();
    await driver.register(server, fields);
    for (const other of ACCOUNT_DRIVERS) {
      const { token: issued } = await other.logIn(server, fields);
      const me = await server.client(issued ?? '').get('/api/v1/users/me');
      expect({ by: other.protocol, status: me.status, name: me.body.username }).toEqual({
        by: other.protocol,
        status: 200,
        name: fields.username,
      });
    }
  });

  it('says the same of a wrong password, an unknown user and an inactive one', async () => {
    const fields = fresh();
    await driver.register(server, fields);
    const wrong = await driver.logIn(server, { username: fields.username, password: `${PASSWORD} ` });
    const unknown = await driver.logIn(server, { username: 'nobody-at-all', password: PASSWORD });
    await runSql(server.database.url, 'UPDATE users SET is_active = false WHERE username = $1', [fields.username]);
    const inactive = await driver.logIn(server, fields);
    for (const outcome of [wrong, unknown, inactive]) expectFault(protocol, outcome, 'wrong credentials');
  });

  it.each([
    ['the same name', (name: string) => ({ username: name })],
    ['the name in another case', (name: string) => ({ username: name.toUpperCase() })],
    // A Cyrillic «а» in the place of the Latin one.
    ['a look-alike of the name', (name: string) => ({ username: name.replace('a', '\u0430') })],
    ['the name in full-width letters', (name: string) => ({ username: name.replace('a', '\uff41') })],
    ['the e-mail address in another case', (name: string) => ({ email: `${name.toUpperCase()}@EXAMPLE.com` })],
  ])('refuses %s as taken', async (_what, changed) => {
    const username = server.name('taken');
    await driver.register(server, { username, email: `${username}@example.com`, password: PASSWORD });
    const other = server.name('other');
    const fields = { username: other, email: `${other}@example.com`, password: PASSWORD, ...changed(username) };
    expectFault(protocol, await driver.register(server, fields), 'taken');
  });

  it('answers a registration that is sent again because its answer was lost, except where the document says otherwise', async () => {
    const fields = fresh();
    await driver.register(server, fields);
    for (const changed of [
      { password: 'another password' },
      { email: `other-${fields.email}` },
      { username: fields.username.toUpperCase() },
    ]) {
      expectFault(protocol, await driver.register(server, { ...fields, ...changed }), 'taken');
    }
    const again = await driver.register(server, fields);
    if (protocol === 'mcp') return expectFault(protocol, again, 'taken');
    expect(again.status).toBe(200);
    const { token } = await driver.logIn(server, fields);
    const { body } = await server.client(again.token ?? token ?? '').get('/api/v1/users/me');
    expect(body.username).toBe(fields.username);
    await runSql(
      server.database.url,
      `UPDATE users SET created_at = created_at - interval '10 s', updated_at = updated_at - interval '10 s' WHERE id = $1`,
      [body.id],
    );
    expectFault(protocol, await driver.register(server, fields), 'taken');
  });

  it('refuses every registration where REGISTRATION is closed, and lets those in whom a superuser makes', async () => {
    const fields = fresh();
    const refused = await driver.register(closed, fields);
    expect(refused.status).toBe(403);
    expect(JSON.stringify(refused.body)).toMatch(protocol === 'mcp' ? /Forbidden/ : /Registration is closed/);
    expect(await runSql(closed.database.url, 'SELECT 1 FROM users WHERE username = $1', [fields.username])).toEqual([]);
    const superuser = await closed.user({ isSuperuser: true });
    expect((await superuser.client.post('/api/v1/users/', fields)).status).toBe(200);
    expect((await driver.logIn(closed, fields)).status).toBe(200);
  });

  it('takes the blanks around names and addresses away, which keyboards put there', async () => {
    const { username, email, password } = fresh();
    const registered = await driver.register(server, { username: ` ${username}\u00a0`, email: `${email} `, password });
    expect(registered.status).toBe(200);
    for (const login of [username, ` ${username}`, `${username} `, `\t${email}\n`]) {
      const { token } = await driver.logIn(server, { username: login, password });
      expect((await server.client(token ?? '').get('/api/v1/users/me')).body).toMatchObject({ username, email });
    }
    expectFault(protocol, await driver.logIn(server, { username, password: `${password} ` }), 'wrong credentials');
    expectFault(
      protocol,
      await driver.register(server, { username: `${username}  `, email: ` x-${email}`, password: 'another password' }),
      'taken',
    );
  });

  it('takes addresses with domains of any script, and keeps them in ASCII', async () => {
    const { username, password } = fresh();
    const email = `${username}@b\u00fccher.example`;
    expect((await driver.register(server, { username, email, password })).status).toBe(200);
    for (const login of [email, `${username}@BÜCHER.example`, `${username}@xn--bcher-kva.example`]) {
      const { token } = await driver.logIn(server, { username: login, password });
      expect((await server.client(token ?? '').get('/api/v1/users/me')).body.email).toBe(`${username}@xn--bcher-kva.example`);
    }
  });

  it('ignores what a registration does not define', async () => {
    const fields = fresh();
    await driver.register(server, { ...fields, ...{ is_superuser: true, is_active: false, id: 1 } });
    const { token: issued } = await driver.logIn(server, fields);
    const { body } = await server.client(issued ?? '').get('/api/v1/users/me');
    expect(body).toMatchObject({ is_superuser: false, is_active: true });
    expect(body.id).toBeGreaterThan(1);
  });
});

describe('an account without an e-mail address', () => {
  it('is made through mcp, and is null where others show one', async () => {
    const [, , mcp] = ACCOUNT_DRIVERS;
    const fields = { username: server.name('noemail'), password: PASSWORD };
    expect((await mcp?.register(server, fields))?.status).toBe(200);
    const { token: issued } = (await mcp?.logIn(server, fields)) ?? { token: null };
    expect((await server.client(issued ?? '').get('/api/v1/users/me')).body.email).toBeNull();
  });
});

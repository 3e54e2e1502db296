import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { diagnose } from '../../src/cli/doctor/diagnose.js';
import type { Finding, Level } from '../../src/cli/doctor/finding.js';
import { Rebuild } from '../../src/cli/backup/rebuild.js';
import { newDataDir } from '../support/accounts.js';
import { has } from '../support/capabilities.js';
import { Cli } from '../support/cli.js';
import { adminUrl, createDatabase, runSql, type TestDatabase } from '../support/database.js';
import { tableOf } from '../support/doc-blocks.js';
import { Line } from '../support/line.js';
import { TestSmtp } from '../support/mail.js';
import { TestRedis } from '../support/redis.js';
import { TestServer } from '../support/server.js';

const PATIENCE = 60_000;
const SECRET = 'kZ3vQ9xT7mB1nL5wR8yU2pE6sD4fG0hJ';
const HIDDEN = 'hunter2-and-more';
const NOWHERE = '127.0.0.1:1';

let folder: string;
let database: TestDatabase;
const endings: (() => unknown)[] = [];
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

beforeAll(async () => {
  [folder, database] = await Promise.all([newDataDir(), createDatabase()]);
}, PATIENCE);
afterEach(async () => {
  vi.useRealTimers();
  for (const end of endings.splice(0)) await end();
});
afterAll(async () => {
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

/** What is found with these settings, over those with which all is well. */
const examine = (variables: Record<string, string | undefined> = {}, envFile = join(folder, 'no.env')): Promise<Finding[]> =>
  diagnose({ variables: { DATABASE_URL: database.url, DATA_DIR: folder, APP_SECRET: SECRET, PORT: '0', ...variables }, envFile });

/** Expects a finding of one check, and a word on how to mend it where it is no good. */
function expectFinding(findings: readonly Finding[], check: string, level: Level, words: RegExp): void {
  const found = findings.filter((one) => one.check === check && one.level === level && words.test(one.found));
  expect(found, JSON.stringify(findings.filter((one) => one.check === check))).toHaveLength(1);
  expect(found[0]?.mend ?? '').toMatch(level === 'ok' ? /^$/ : /^.{8,}$/);
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

/** Takes connections and says nothing. */
function silent(): Promise<number> {
  const sockets = new Set<Socket>();
  endings.push(() => {
    for (const socket of sockets) socket.destroy();
  });
  return listening(createServer((socket) => sockets.add(socket.on('error', () => undefined))));
}

const http = (listener: RequestListener): Promise<number> => {
  const server = createHttpServer(listener);
  endings.push(() => server.closeAllConnections());
  return listening(server);
};

async function withDatabase(how: 'migrated' | 'bare', work: (other: TestDatabase) => Promise<void>): Promise<void> {
  const other = await createDatabase(how);
  try {
    await work(other);
  } finally {
    await other.drop();
  }
}

describe('settings', { timeout: PATIENCE }, () => {
  it('that cannot be used are all named, where the start names the first', async () => {
    const findings = await examine({
      PORT: 'eighty',
      REDIS_URL: `nonsense://${HIDDEN}`,
      TRUST_PROXY: 'everybody',
      APP_SECRET: 'short',
      DATABASE_URL: 'mysql://x',
      SMTP_URL: 'http://mail',
      PUBLIC_URL: 'example.com',
      MAIL_FROM: 'nobody',
    });
    for (const name of [
      'PORT',
      'REDIS_URL',
      'TRUST_PROXY',
      'APP_SECRET',
      'DATABASE_URL',
      'SMTP_URL',
      'PUBLIC_URL',
      'MAIL_FROM',
    ]) {
      expectFinding(findings, 'settings', 'fault', new RegExp(`^${name}: given .*, allowed is`));
    }
    for (const check of ['redis', 'database', 'port', 'public address', 'proxy', 'APP_SECRET', 'data folder']) {
      expectFinding(findings, check, 'warning', /not checked, for want of/);
    }
    expect(JSON.stringify(findings)).not.toContain(HIDDEN);
  });

  it('that name the server by two origins are noticed', async () => {
    const variables = { PUBLIC_URL: 'https://chat.invalid/app', CORS_ORIGINS: 'https://app.invalid,http://chat.invalid' };
    const findings = await examine(variables);
    expectFinding(findings, 'settings', 'warning', /lets http:\/\/chat\.invalid in, .* PUBLIC_URL, https:\/\/chat\.invalid$/);
    const fine = await examine({ ...variables, CORS_ORIGINS: 'https://app.invalid,https://chat.invalid' });
    expectFinding(fine, 'settings', 'ok', /can be used$/);
  });

  it('of production are looked at more closely', async () => {
    const findings = await examine({ NODE_ENV: 'production', RATE_LIMIT: 'off', LOGIN_THROTTLE: 'off', APP_SECRET: undefined });
    expectFinding(findings, 'settings', 'fault', /^APP_SECRET: given nothing/);
    const more = await examine({ NODE_ENV: 'production', RATE_LIMIT: 'off', LOGIN_THROTTLE: 'off' });
    expectFinding(more, 'settings', 'warning', /RATE_LIMIT is off/);
    expectFinding(more, 'settings', 'warning', /LOGIN_THROTTLE is off/);
    expectFinding(more, 'mail', 'warning', /mails are files in .*outbox/);
    expectFinding(more, 'public address', 'warning', /links in mails lead to http:\/\/localhost/);
  });

  it('of the first superuser belong together, and hold to the rules', async () => {
    const half = await examine({ FIRST_SUPERUSER_USERNAME: 'boss' });
    expectFinding(half, 'settings', 'fault', /FIRST_SUPERUSER_PASSWORD is missing/);
    const short = await examine({ FIRST_SUPERUSER_USERNAME: 'boss', FIRST_SUPERUSER_PASSWORD: 'hush' });
    expectFinding(short, 'settings', 'fault', /cannot be made: password: .*at least 8/);
    expect(JSON.stringify(short)).not.toContain('hush');
  });

  it('lie in a file for their owner alone, under names that are known', async () => {
    const path = join(folder, 'test.env');
    await writeFile(path, 'PORT=1\nDATABSE_URL=x\nHOME_OF_MINE=x\n');
    await chmod(path, 0o644);
    const findings = await examine({}, path);
    expectFinding(findings, '.env', 'warning', /mode 644/);
    expectFinding(findings, '.env', 'warning', /DATABSE_URL is no setting; is DATABASE_URL meant/);
    expect(findings.filter(({ check }) => check === '.env')).toHaveLength(2);
    await writeFile(path, 'PORT=1\n');
    await chmod(path, 0o600);
    expectFinding(await examine({}, path), '.env', 'ok', /only its owner/);
    expectFinding(await examine({}, folder), '.env', 'fault', /EISDIR/);
  });

  it('have a secret that nobody can guess', async () => {
    for (const weak of ['a'.repeat(40), 'please change this secret to another one']) {
      expectFinding(await examine({ APP_SECRET: weak }), 'APP_SECRET', 'warning', /words or a pattern/);
    }
    expectFinding(await examine(), 'APP_SECRET', 'ok', /long and mixed/);
    const several = await examine({ APP_SECRET: undefined, REDIS_URL: `redis://${NOWHERE}` });
    expectFinding(several, 'APP_SECRET', 'warning', /every node makes its own/);
  });
});

describe('the database', { timeout: PATIENCE }, () => {
  it('is well', async () => {
    const findings = await examine();
    for (const check of ['database', 'schema', 'connections', 'clock', 'signing keys']) {
      expect(findings.filter((one) => one.check === check).map(({ level }) => level)).not.toContain('fault');
    }
    expectFinding(findings, 'database', 'ok', /^PostgreSQL at .* version \d+/);
    expectFinding(findings, 'schema', 'ok', /up to date/);
    expectFinding(findings, 'clock', 'ok', /^\d+ ms apart/);
    expectFinding(findings, 'superuser', 'warning', /none/);
    expectFinding(findings, 'signing keys', 'ok', /none yet/);
  });

  it('cannot be reached, does not know the password, or says nothing', async () => {
    const away = await examine({ DATABASE_URL: `postgres://me:${HIDDEN}@${NOWHERE}/x` });
    expectFinding(away, 'database', 'fault', /127\.0\.0\.1:1\/x does not let us in: .*ECONNREFUSED/);
    const wrong = new URL(database.url);
    wrong.password = HIDDEN;
    const refused = await examine({ DATABASE_URL: wrong.href });
    expectFinding(refused, 'database', 'fault', /password authentication failed/);
    expect(JSON.stringify([away, refused])).not.toContain(HIDDEN);
    const mute = await examine({ DATABASE_URL: `postgres://me:${HIDDEN}@127.0.0.1:${await silent()}/x` });
    expectFinding(mute, 'database', 'fault', /does not let us in: .*time|no answer within 5 seconds/);
    // One that was there a moment ago and is like a cable that was pulled now.
    const line = new Line(new URL(database.url));
    endings.push(() => line.close());
    const url = await line.open();
    line.silence();
    expectFinding(await examine({ DATABASE_URL: url }), 'database', 'fault', /does not let us in|no answer/);
  });

  it('has another encoding, or lets us make no tables', async () => {
    const name = `test_${randomUUID().replaceAll('-', '')}`;
    const role = `role_${name}`;
    const owner = decodeURIComponent(new URL(database.url).username);
    await runSql(
      adminUrl(),
      `CREATE DATABASE ${name} OWNER "${owner}" TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'`,
    );
    await runSql(adminUrl(), `CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
    try {
      const url = new URL(database.url);
      url.pathname = `/${name}`;
      expectFinding(await examine({ DATABASE_URL: url.href }), 'database', 'fault', /encoded in SQL_ASCII/);
      const mere = new URL(database.url);
      [mere.username, mere.password] = [role, 'x'];
      expectFinding(await examine({ DATABASE_URL: mere.href }), 'database', 'fault', /may not make tables/);
    } finally {
      await runSql(adminUrl(), `DROP DATABASE ${name} WITH (FORCE)`);
      await runSql(adminUrl(), `DROP ROLE ${role}`);
    }
  });

  it('is behind, or ahead', async () => {
    await withDatabase('bare', async ({ url }) => {
      const findings = await examine({ DATABASE_URL: url });
      expectFinding(findings, 'schema', 'ok', /empty/);
      expectFinding(findings, 'superuser', 'warning', /no accounts yet/);
    });
    await withDatabase('migrated', async ({ url }) => {
      const rebuild = await Rebuild.open(url);
      await rebuild.undo(1);
      await rebuild.close();
      expectFinding(await examine({ DATABASE_URL: url }), 'schema', 'warning', /1 migrations? .*to be run/);
      await runSql(url, `INSERT INTO schema_migrations (timestamp, name) VALUES (9, 'FromTomorrow9')`);
      expectFinding(await examine({ DATABASE_URL: url }), 'schema', 'warning', /newer version .*FromTomorrow9/);
    });
  });

  it('has no room for the pool', async () => {
    await withDatabase('migrated', async ({ url }) => {
      const name = new URL(url).pathname.slice(1);
      await runSql(adminUrl(), `ALTER DATABASE ${name} CONNECTION LIMIT 12`);
      expectFinding(await examine({ DATABASE_URL: url, DATABASE_POOL: '12' }), 'connections', 'fault', /^12 at most/);
      expectFinding(await examine({ DATABASE_URL: url, DATABASE_POOL: '10' }), 'connections', 'warning', /^12 at most/);
      expectFinding(await examine({ DATABASE_URL: url, DATABASE_POOL: '2' }), 'connections', 'ok', /takes up to 3/);
    });
  });

  it('has another idea of the time', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 90_000 });
    expectFinding(await examine(), 'clock', 'fault', /^(89|90)\d{3} ms apart/);
  });

  it('has keys of another secret, and a superuser or none', async () => {
    await withDatabase('migrated', async (other) => {
      const server = await TestServer.start({ database: other, variables: { APP_SECRET: SECRET } });
      try {
        const user = await server.user({ isSuperuser: true });
        const good = await examine({ DATABASE_URL: other.url });
        expectFinding(good, 'signing keys', 'ok', /the one/);
        expectFinding(good, 'superuser', 'ok', /^1 active/);
        await runSql(other.url, 'UPDATE users SET is_active = false WHERE id = $1', [user.id]);
      } finally {
        await server.stop();
      }
      const findings = await examine({ DATABASE_URL: other.url, APP_SECRET: `${SECRET}x` });
      expectFinding(findings, 'signing keys', 'fault', /another APP_SECRET/);
      expectFinding(findings, 'superuser', 'warning', /there is none/);
      const missing = await examine({ DATABASE_URL: other.url, APP_SECRET: undefined });
      expectFinding(missing, 'signing keys', 'fault', /no secret to open them with/);
    });
    expect(await readdir(folder)).not.toContain('app-secret');
  });

  it('is not made by looking for it', async () => {
    const empty = join(folder, 'not', 'there');
    expectFinding(await examine({ DATABASE_URL: undefined, DATA_DIR: empty }), 'database', 'ok', /none yet: .*not\/there/);
    expect(await readdir(folder)).not.toContain('not');
  });
});

describe.runIf(has.redis)('redis', { timeout: PATIENCE }, () => {
  it('is well, forgetful, a replica, silent, or away', async () => {
    const redis = await TestRedis.start();
    const client = new Redis(redis.url, { retryStrategy: () => null });
    client.on('error', () => undefined);
    try {
      const findings = await examine({ REDIS_URL: redis.url });
      expectFinding(findings, 'redis', 'ok', /^version \d/);
      expectFinding(findings, 'redis', 'ok', /answers within/);
      await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
      expectFinding(await examine({ REDIS_URL: redis.url }), 'redis', 'ok', /^version/); // without a limit
      await client.config('SET', 'maxmemory', '100mb');
      expectFinding(await examine({ REDIS_URL: redis.url }), 'redis', 'fault', /allkeys-lru/);
      await client.config('SET', 'maxmemory', '0');
      await client.replicaof('127.0.0.1', '1');
      expectFinding(await examine({ REDIS_URL: redis.url }), 'redis', 'fault', /replica/);
      redis.freeze();
      expectFinding(await examine({ REDIS_URL: redis.url }), 'redis', 'fault', /no answer|does not answer/);
      redis.thaw();
    } finally {
      client.disconnect();
      await redis.stop();
    }
    const away = await examine({ REDIS_URL: `redis://me:${HIDDEN}@${NOWHERE}` });
    expectFinding(away, 'redis', 'fault', /127\.0\.0\.1:1 does not answer: .*ECONNREFUSED/);
    expect(JSON.stringify(away)).not.toContain(HIDDEN);
  });
});

describe('mail', { timeout: PATIENCE }, () => {
  it('goes to files, or to a server that greets', async () => {
    expectFinding(await examine(), 'mail', 'ok', /mails are files in .*outbox/);
    const smtp = await TestSmtp.start();
    try {
      const findings = await examine({ SMTP_URL: smtp.url, MAIL_FROM: 'Chat <no-reply@chat.acme.dev>' });
      expectFinding(findings, 'mail', 'ok', /greets, without TLS/);
      expect(findings.filter(({ check }) => check === 'mail')).toHaveLength(1);
      expect(smtp.attempts).toBe(0);
      expectFinding(await examine({ SMTP_URL: smtp.url }), 'mail', 'warning', /MAIL_FROM is at localhost/);
    } finally {
      await smtp.stop();
    }
  });

  it('does not go where nobody listens, nobody is known, or nobody speaks', async () => {
    const away = await examine({ SMTP_URL: `smtp://me:${HIDDEN}@${NOWHERE}` });
    expectFinding(away, 'mail', 'fault', /ECONNREFUSED/);
    const strict = new SMTPServer({
      authOptional: false,
      allowInsecureAuth: true,
      disabledCommands: ['STARTTLS'],
      onAuth: ({ password }, _session, done) => done(new Error(`no such password as ${password}`)),
    });
    strict.on('error', () => undefined);
    const port = await listening(strict.server);
    const refused = await examine({ SMTP_URL: `smtp://me:${HIDDEN}@127.0.0.1:${port}` });
    expectFinding(refused, 'mail', 'fault', /no such password as •••/);
    expect(JSON.stringify([away, refused])).not.toContain(HIDDEN);
    const from = performance.now();
    expectFinding(
      await examine({ SMTP_URL: `smtp://127.0.0.1:${await silent()}` }),
      'mail',
      'fault',
      /imeout|no answer|never received/,
    );
    expect(performance.now() - from).toBeLessThan(8_000);
    const tls = await examine({ SMTP_URL: `smtps://127.0.0.1:${port}` });
    expectFinding(tls, 'mail', 'fault', /SSL|wrong version|TLS/i);
  });
});

describe('the address', { timeout: PATIENCE }, () => {
  it('is free, ours, or somebody else’s', async () => {
    expectFinding(await examine(), 'port', 'ok', /PORT=0/);
    expectFinding(
      await examine({ PORT: String(await silent()), HOST: '127.0.0.1' }),
      'port',
      'fault',
      /no answer|another program/,
    );
    const foreign = await http((_request, response) => response.end('hello'));
    expectFinding(await examine({ PORT: String(foreign) }), 'port', 'fault', /another program/);
    const server = await TestServer.start({ database, variables: { APP_SECRET: SECRET } });
    try {
      const own = { PORT: String(server.port), HOST: '127.0.0.1' };
      expectFinding(await examine(own), 'port', 'ok', /Switchboard runs at 127\.0\.0\.1:\d+ and is ready/);
      const found = await examine({ ...own, PUBLIC_URL: server.url });
      expectFinding(found, 'public address', 'ok', /Switchboard answers/);
      expectFinding(found, 'own pages', 'ok', /may refresh and open sockets/);
    } finally {
      await server.stop();
    }
    const sick = await http((_request, response) =>
      response.writeHead(503).end('{"status":"error","checks":{"database":"down"}}'),
    );
    expectFinding(await examine({ PORT: String(sick) }), 'port', 'fault', /not ready \(database\)/);
    const closed = createServer();
    const port = await listening(closed);
    await Promise.all(endings.splice(0).map((end) => end()));
    expectFinding(await examine({ PORT: String(port) }), 'port', 'ok', /^localhost:\d+ is free/);
    for (const HOST of ['192.0.2.1', 'nowhere.invalid']) {
      expectFinding(
        await examine({ PORT: String(port), HOST }),
        'port',
        'fault',
        /cannot be had: .*(EADDRNOTAVAIL|ENOTFOUND|EAI_AGAIN)/,
      );
    }
  });

  it('of the public lets pages of its own in, and carries their sockets', async () => {
    const variables = { APP_SECRET: SECRET, NODE_ENV: 'production', PUBLIC_URL: 'https://chat.invalid' };
    const server = await TestServer.start({ database, variables });
    // Passes requests on, and no upgrades.
    const deaf = await http((request, response) => {
      if (request.headers.upgrade !== undefined) return response.writeHead(426).end();
      const status = request.url === '/health/live' ? 200 : 401;
      return response.writeHead(status).end(status === 200 ? '{"status":"ok"}' : '{}');
    });
    try {
      const refused = await examine({ PUBLIC_URL: server.url });
      expectFinding(refused, 'own pages', 'fault', /refresh with the origin http:.*: 403/);
      expectFinding(refused, 'own pages', 'fault', /upgrade with the origin http:.*: 403/);
      expectFinding(
        await examine({ PUBLIC_URL: `http://127.0.0.1:${deaf}` }),
        'own pages',
        'fault',
        /upgrade with the origin .*: 426/,
      );
    } finally {
      await server.stop();
    }
  });

  it.runIf(hasIpv6)('is free only where both addresses of localhost are', async () => {
    const other = createServer().listen({ host: '::1', port: 0, ipv6Only: true });
    await once(other, 'listening');
    endings.push(() => new Promise((resolve) => other.close(resolve)));
    const { port } = other.address() as AddressInfo;
    expectFinding(await examine({ PORT: String(port) }), 'port', 'fault', /^localhost:\d+ is another program's/);
  });

  it('of the public is reachable, encrypted, and ours', async () => {
    const foreign = await http((_request, response) => response.writeHead(502).end('bad gateway'));
    expectFinding(
      await examine({ PUBLIC_URL: `http://127.0.0.1:${foreign}` }),
      'public address',
      'warning',
      /answers 502, and is not/,
    );
    expectFinding(
      await examine({ PUBLIC_URL: `http://${NOWHERE}` }),
      'public address',
      'warning',
      /cannot be reached from here: .*(ECONNREFUSED|bad port)/,
    );
    const open = await examine({ PUBLIC_URL: 'http://chat.invalid' });
    expectFinding(open, 'public address', 'warning', /without TLS/);
    expectFinding(open, 'public address', 'warning', /cannot be reached/);
    expectFinding(await examine({ PROTOCOLS: 'game' }), 'public address', 'warning', /leaves rest out/);
    expectFinding(await examine({ PUBLIC_URL: `https://127.0.0.1:${foreign}` }), 'public address', 'fault', /but not with TLS$/);
    const mute = await examine({ PUBLIC_URL: `http://127.0.0.1:${await silent()}` });
    expectFinding(mute, 'public address', 'fault', /no answer within 5 seconds/);
  });

  it('of a proxy is named, and no other', async () => {
    expectFinding(await examine({ TRUST_PROXY: 'true' }), 'proxy', 'warning', /every client can choose/);
    expectFinding(await examine({ PUBLIC_URL: 'https://chat.invalid' }), 'proxy', 'warning', /does not name it/);
    expectFinding(await examine({ PUBLIC_URL: 'https://chat.invalid', TRUST_PROXY: 'loopback' }), 'proxy', 'ok', /loopback/);
  });
});

describe('the document', () => {
  it('names every check', async () => {
    const names = (await tableOf('docs/cli.md', 'check')).flatMap(([cell = '']) => cell.split('`, `'));
    expect([...new Set((await examine()).map(({ check }) => check))].sort()).toEqual(names.sort());
  });
});

describe('the command', { timeout: PATIENCE }, () => {
  let cli: Cli;
  beforeAll(async () => {
    cli = await Cli.make({ DATABASE_URL: database.url, DATA_DIR: folder, APP_SECRET: SECRET, PORT: '0' });
  }, PATIENCE);
  afterAll(() => cli?.close());

  it('ends with 0 where there are only warnings, and with 1 where there is a fault', async () => {
    const well = await cli.run(['doctor']);
    expect(well).toMatchObject({ code: 0, err: '' });
    expect(well.out).toMatch(/^ok {7}settings {8}\d+ set, and all can be used\n/);
    expect(well.out).toMatch(/^warning {2}superuser .*\n {25}→ npm run cli -- users create/m);
    expect(well.out).toMatch(/\n\n0 faults, \d+ warnings?\.\n$/);
    const variables = { DATABASE_URL: `postgres://me:${HIDDEN}@${NOWHERE}/x`, PORT: 'eighty' };
    const ill = await cli.run(['doctor', '--json'], { variables });
    expect(ill).toMatchObject({ code: 1, err: '' });
    const { faults, findings } = JSON.parse(ill.out) as { faults: number; findings: Finding[] };
    expect(faults).toBe(2);
    expect(findings.filter(({ level }) => level === 'fault').map(({ check }) => check)).toEqual(['settings', 'database']);
    expect(ill.out).not.toContain(HIDDEN);
  });

  it('looks at an embedded database, too, and leaves it as it was', async () => {
    const data = await newDataDir();
    try {
      const variables = { DATABASE_URL: '', DATA_DIR: data };
      await cli.json(['db', 'migrate'], { variables });
      const { code, out, err } = await cli.run(['doctor'], { variables });
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(/^ok {7}database {8}embedded PostgreSQL in .*, version 18/m);
      expect(await readdir(join(data, 'postgres'))).not.toContain('postmaster.pid');
    } finally {
      await rm(data, { recursive: true, force: true });
    }
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUDIT_ACTIONS } from '../../src/auth/audit.js';
import { type AuditQuery, auditPage } from '../../src/auth/audit-log.sql.js';
import { runSql } from '../support/database.js';
import { type Account, TestServer } from '../support/server.js';

const PATH = '/api/v1/audit';
const FIELDS = ['id', 'at', 'action', 'actor_id', 'actor_name', 'user_id', 'username', 'protocol', 'ip', 'user_agent', 'details'];

interface Entry {
  readonly id: number;
  readonly action: string;
}

let server: TestServer;
let boss: Account;
let alice: Account;

beforeAll(async () => {
  server = await TestServer.start();
  [boss, alice] = [await server.user({ isSuperuser: true }), await server.user()];
});
afterAll(() => server.stop());

const entries = async (query: string): Promise<Entry[]> => {
  const { status, body } = await boss.client.get(`${PATH}?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
};

/** All pages, by their links, and how long each was. */
async function follow(path: string): Promise<{ all: Entry[]; sizes: number[] }> {
  const [all, sizes]: [Entry[], number[]] = [[], []];
  for (let next: string | undefined = path; next !== undefined; ) {
    const { body, headers, status }: { body: Entry[]; headers: Headers; status: number } = await boss.client.get(next);
    expect(status).toBe(200);
    all.push(...body);
    sizes.push(body.length);
    next = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];
  }
  return { all, sizes };
}

describe('the audit log', () => {
  it('tells what was done, newest first, with the names of today', async () => {
    await server.client().post('/api/v1/auth/login', { username: alice.username, password: 'wrong password' });
    await boss.client.put(`/api/v1/users/${alice.id}`, { is_active: false });
    const { body } = await boss.client.get(`${PATH}?user_id=${alice.id}`);
    for (const entry of body) expect(Object.keys(entry)).toEqual(FIELDS);
    expect(body.map(({ action }: Entry) => action)).toEqual(['deactivated', 'login_failed', 'login', 'user_created']);
    expect(body[0]).toMatchObject({ actor_id: boss.id, actor_name: boss.username, user_id: alice.id, username: alice.username });
    expect(body[1]).toMatchObject({
      actor_id: null,
      actor_name: null,
      ip: '127.0.0.1',
      protocol: 'rest',
      details: { reason: 'password' },
    });
    expect(body[0].at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(JSON.stringify(body)).not.toContain('wrong password');
  });

  it('outlives accounts, whose names are gone with them', async () => {
    const gone = await server.user();
    expect((await boss.client.delete(`/api/v1/users/${gone.id}`)).status).toBe(200);
    const [deleted, loggedIn] = (await boss.client.get(`${PATH}?user_id=${gone.id}`)).body;
    expect(deleted).toMatchObject({ action: 'user_deleted', actor_name: boss.username, user_id: gone.id, username: null });
    expect(loggedIn).toMatchObject({ action: 'login', actor_id: gone.id, actor_name: null });
  });

  it.each([
    'action=nothing',
    'since=yesterday',
    'until=2024-13-01T00:00:00Z',
    'since=2024-02-30T00:00:00Z',
    'limit=0',
    'limit=1001',
    'before=x',
    'ip=%00',
  ])('refuses %s', async (query) => {
    const { status, body } = await boss.client.get(`${PATH}?${query}`);
    expect(status).toBe(422);
    expect(body.detail[0].loc).toEqual(['query', query.split('=')[0]]);
  });
});

describe('filters of the audit log', () => {
  const ACTORS = [901, 902, 903];
  /** 3000 entries of every kind, a minute apart, as another server might have written them long ago. */
  const COUNT = 3_000;

  beforeAll(() =>
    runSql(
      server.database.url,
      `INSERT INTO audit_log (at, action, actor_id, user_id, protocol, ip)
       SELECT timestamptz '2020-01-01Z' + n * interval '1 minute', ($1::text[])[1 + n % $2], 901 + n % 3, 801 + n % 7,
         (ARRAY['game', 'rest', 'mcp'])[1 + n % 3], '192.0.2.' || n % 5
       FROM generate_series(0, $3 - 1) AS n`,
      [[...AUDIT_ACTIONS], AUDIT_ACTIONS.length, COUNT],
    ),
  );

  const OLD = 'until=2021-01-01T00:00:00Z';

  it.each<[string, (n: number) => boolean]>([
    ['', () => true],
    ['user_id=803', (n) => n % 7 === 2],
    ['actor_id=902', (n) => n % 3 === 1],
    ['action=register', (n) => n % AUDIT_ACTIONS.length === AUDIT_ACTIONS.indexOf('register')],
    ['protocol=mcp', (n) => n % 3 === 2],
    ['ip=192.0.2.4', (n) => n % 5 === 4],
    ['ip=192.0.2.4&protocol=mcp&user_id=803', (n) => n % 5 === 4 && n % 3 === 2 && n % 7 === 2],
    ['since=2020-01-02T00:00:00Z', (n) => n >= 1_440],
    ['since=2020-01-02T03:00:00%2B03:00&actor_id=901', (n) => n >= 1_440 && n % 3 === 0],
    ['since=2020-01-01T00:10:00Z&until=2020-01-01T00:20:00Z', (n) => n >= 10 && n < 20],
    ['since=2020-02-01T00:00:00Z', () => false],
    ['ip=192.0.2.9', () => false],
    ["protocol=';--", () => false],
  ])('find what they say: %s', async (query, fits) => {
    const path = `${PATH}?limit=1000&${query.includes('until') ? query : [query, OLD].filter(Boolean).join('&')}`;
    const { all } = await follow(path);
    const ids = all.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted((a, b) => b - a));
    expect(all).toHaveLength(Array.from({ length: COUNT }, (_unused, n) => n).filter(fits).length);
  });

  it('page without holes and repetitions, however long the pages are', async () => {
    const one = await follow(`${PATH}?limit=1000&actor_id=${ACTORS[0]}&${OLD}`);
    const many = await follow(`${PATH}?limit=137&actor_id=${ACTORS[0]}&${OLD}`);
    expect(one.all).toHaveLength(COUNT / 3);
    expect(many.all).toEqual(one.all);
    expect(many.sizes.slice(0, -1)).toEqual(many.sizes.slice(0, -1).map(() => 137));
    expect(many.sizes.at(-1)).toBeGreaterThan(0);
  });

  it('are what `before` begins from', async () => {
    const [first, second] = await entries(`limit=2&${OLD}`);
    expect(await entries(`limit=1&before=${first?.id}&${OLD}`)).toEqual([second]);
    expect(await entries('before=1')).toEqual([]);
  });
});

describe('a long audit log', () => {
  const COUNT = 50_000;
  beforeAll(async () => {
    await runSql(
      server.database.url,
      `INSERT INTO audit_log (at, action, actor_id, user_id, protocol, ip)
       SELECT timestamptz '2022-01-01Z' + n * interval '1 second', 'login', 77, 77, 'game', CASE n WHEN 5 THEN '198.51.100.1' ELSE '198.51.100.2' END
       FROM generate_series(1, $1) AS n`,
      [COUNT],
    );
    await runSql(server.database.url, 'ANALYZE audit_log');
  });

  it('is looked through piece by piece for what is rare, with links over pages that hold nothing', async () => {
    const { all, sizes } = await follow(`${PATH}?user_id=77&ip=198.51.100.1&limit=10`);
    expect(all).toHaveLength(1);
    expect(sizes).toEqual([0, 0, 1]);
  });

  const planOf = async (query: AuditQuery, how = ''): Promise<string> => {
    const { text, values } = auditPage(query);
    const rows = await runSql<{ 'QUERY PLAN': string }>(server.database.url, `EXPLAIN ${how} ${text}`, [...values]);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };

  it('is read no further than a page takes', async () => {
    const until = Date.parse('2022-01-01T10:00:00Z');
    const queries: AuditQuery[] = [
      { columns: {}, limit: 10 },
      { columns: { user_id: 77 }, limit: 10 },
      { columns: { user_id: 77, protocol: 'game', ip: '198.51.100.2' }, limit: 10 },
      { columns: { user_id: 77 }, until, limit: 10 },
    ];
    for (const query of queries) {
      const counts = [...(await planOf(query, '(ANALYZE)')).matchAll(/actual time=\S+ rows=(\d+)/g)].map(([, rows]) =>
        Number(rows),
      );
      expect(counts.length).toBeGreaterThan(3);
      expect(Math.max(...counts), JSON.stringify(query)).toBeLessThan(200);
    }
  });

  it('is read by its indexes', async () => {
    const since = Date.parse('2022-01-01T01:00:00Z');
    const plans = {
      audit_log_pkey: await planOf({ columns: {}, limit: 10 }),
      audit_log_user_id_id_idx: await planOf({ columns: { user_id: 803 }, limit: 10 }),
      audit_log_actor_id_id_idx: await planOf({ columns: { actor_id: 902 }, limit: 10 }),
      audit_log_ip_id_idx: await planOf({ columns: { ip: '192.0.2.1' }, limit: 10 }),
      audit_log_action_id_idx: await planOf({ columns: { action: 'register' }, limit: 10 }),
      audit_log_protocol_id_idx: await planOf({ columns: { protocol: 'mcp' }, limit: 10 }),
      audit_log_at_idx: await planOf({ columns: {}, since, until: since + 60_000, limit: 10 }),
    };
    for (const [index, plan] of Object.entries(plans)) {
      expect(plan).toContain(index);
      expect(plan, index).not.toContain('Seq Scan on audit_log');
    }
  });
});

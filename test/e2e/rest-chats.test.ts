import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Parsed } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';

let server: TestServer;
let alice: Account;
let bob: Account;
beforeAll(async () => {
  server = await TestServer.start();
  [alice, bob] = [await server.user(), await server.user()];
});
afterAll(() => server.stop());

const makeGroup = async (...others: Account[]): Promise<number> => {
  const members = others.map(({ username }) => username);
  return (await alice.client.post('/api/v1/chats', { chat_type: 'group', chat_name: 'g', members })).body.chat_id;
};
const json = (method: string, path: string, body: string): Promise<Answer<Parsed>> =>
  alice.client.raw(path, { method, headers: { 'content-type': 'application/json' }, body });
const faultsOf = ({ status, body }: Answer<Parsed>): unknown => [
  status,
  ...body.detail.map(({ loc, type }: Parsed) => `${loc.join('.')} ${type}`),
];

describe('faults', () => {
  let url: string;
  beforeAll(async () => {
    url = `/api/v1/chats/${await makeGroup(bob)}`;
  });

  it('are all told together, wherever in the request they are', async () => {
    const body = { content: '', content_type: '\n' };
    expect(faultsOf(await alice.client.post(`${url}/messages`, body, { 'idempotency-key': 'x'.repeat(129) }))).toEqual([
      422,
      'body.content value_error.any_str.min_length',
      'body.content_type value_error.str.regex',
      'header.Idempotency-Key value_error.any_str.max_length',
    ]);
    expect(faultsOf(await alice.client.post('/api/v1/chats', { chat_type: 'channel', chat_name: '' }))).toEqual([
      422,
      'body.chat_type type_error.enum',
      'body.chat_name value_error.any_str.min_length',
      'body.members value_error.missing',
    ]);
    expect(faultsOf(await alice.client.get(`${url}/messages?limit=201&before_seq=x&after_seq=-1`))).toEqual([
      422,
      'query.before_seq type_error.integer',
      'query.after_seq value_error.number.not_ge',
      'query.limit value_error.number.not_le',
    ]);
  });

  it.each([
    ['a chat that is no number', 'GET', '/api/v1/chats/x', undefined, 'path.chat_id type_error.integer'],
    ['a cursor that is none', 'GET', '/api/v1/chats?cursor=x', undefined, 'query.cursor value_error.cursor'],
    ['a page that is too long', 'GET', '/api/v1/chats?limit=201', undefined, 'query.limit value_error.number.not_le'],
    ['no seq', 'POST', '/read', '{}', 'body.seq value_error.missing'],
    ['a seq that is none', 'POST', '/read', '{"seq": "1"}', 'body.seq type_error.integer'],
    ['a message that is no number', 'DELETE', '/messages/x', undefined, 'path.seq type_error.integer'],
    ['no content', 'PATCH', '/messages/1', '{}', 'body.content value_error.missing'],
    ['a role that cannot be given', 'PUT', '/members/1', '{"role": "owner"}', 'body.role type_error.enum'],
    ['a member that is no number', 'PUT', '/members/x', '{}', 'path.user_id type_error.integer'],
    ['a body that is a list', 'POST', '/messages', '[]', 'body type_error.dict'],
    ['a body that is text', 'PATCH', '/messages/1', '"content"', 'body type_error.dict'],
    ['a body that is a list, where none is needed', 'PUT', '/members/1', '[]', 'body type_error.dict'],
  ])('of %s', async (_what, method, path, body, fault) => {
    const full = path.startsWith('/api') ? path : url + path;
    const answer = body === undefined ? await alice.client.raw(full, { method }) : await json(method, full, body);
    expect(faultsOf(answer)).toEqual([422, fault]);
  });

  it('of a body that is missing', async () => {
    for (const [method, path] of [
      ['POST', '/messages'],
      ['PATCH', '/messages/1'],
      ['POST', '/read'],
    ] as const) {
      expect(faultsOf(await alice.client.raw(url + path, { method }))).toEqual([422, 'body value_error.missing']);
    }
  });

  it('are for those alone who are logged in', async () => {
    expect(await server.client().post(`${url}/messages`, { content: '' })).toMatchObject({
      status: 401,
      body: { detail: 'Not authenticated' },
    });
  });
});

describe('a body', () => {
  it('has no say in what the path says, and its other fields are ignored', async () => {
    const [here, there] = [await makeGroup(bob), await makeGroup(bob)];
    const smuggled = await json('POST', `/api/v1/chats/${here}/messages`, '{"__proto__": {"content": "x"}}');
    expect(faultsOf(smuggled)).toEqual([422, 'body.content value_error.missing']);
    const sent = await alice.client.post(`/api/v1/chats/${here}/messages`, { chat_id: there, seq: 9, content: 'x' });
    expect(sent.body).toMatchObject({ chat_id: here, seq: 1 });
    const edited = await json('PATCH', `/api/v1/chats/${here}/messages/1`, `{"chat_id": ${there}, "seq": 7, "content": "y"}`);
    expect(edited.body).toMatchObject({ chat_id: here, seq: 2, target_seq: 1 });
    const put = await json('PUT', `/api/v1/chats/${here}/members/${bob.id}`, `{"user_id": ${alice.id}, "role": "admin"}`);
    expect(put.body.members.map(({ role }: Parsed) => role)).toEqual(['owner', 'admin']);
    expect((await alice.client.get(`/api/v1/chats/${there}`)).body).toMatchObject({ chat_id: there, last_seq: 0 });
  });
});

describe('Idempotency-Key', () => {
  it('is the client_msg_id, and goes before the one in the body, whatever that is', async () => {
    const url = `/api/v1/chats/${await makeGroup()}/messages`;
    const send = (content: string, inBody: unknown, key?: string): Promise<Answer<Parsed>> =>
      alice.client.post(url, { content, client_msg_id: inBody }, key === undefined ? {} : { 'idempotency-key': key });
    const first = (await send('one', 'b', 'a')).body;
    expect(first).toMatchObject({ seq: 1, duplicate: false });
    expect((await send('one', 7, 'a')).body).toEqual({ ...first, duplicate: true });
    expect((await send('one', 'a')).body).toEqual({ ...first, duplicate: true });
    expect((await send('one', 'b')).body).toMatchObject({ seq: 2, duplicate: false });
    expect(await send('two', null, 'a')).toMatchObject({
      status: 409,
      body: { detail: 'Another message was sent with this client_msg_id' },
    });
    expect(faultsOf(await send('three', 'good', ''))).toEqual([422, 'header.Idempotency-Key value_error.any_str.min_length']);
    const { messages } = (await alice.client.get(url)).body;
    expect(messages.map(({ client_msg_id }: Parsed) => client_msg_id)).toEqual(['a', 'b']);
  });

  it('stores a message once, however often and however fast it is sent', async () => {
    const url = `/api/v1/chats/${await makeGroup()}/messages`;
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => alice.client.post(url, { content: 'once' }, { 'idempotency-key': 'k' })),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.seq}`))).toEqual(new Set(['200 1']));
    expect(answers.filter(({ body }) => !body.duplicate)).toHaveLength(1);
  });
});

describe('the list', () => {
  it('is read page by page, newest activity first', async () => {
    const carol = await server.user();
    const ids: number[] = [];
    for (let i = 0; i < 5; i++) {
      const made = await carol.client.post('/api/v1/chats', { chat_type: 'group', chat_name: `${i}`, members: [] });
      ids.unshift(made.body.chat_id);
    }
    await carol.client.post(`/api/v1/chats/${ids[4]}/messages`, { content: 'the oldest one speaks' });
    const expected = [ids[4], ...ids.slice(0, 4)];
    const read: number[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const from: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
      const { body }: Answer<Parsed> = await carol.client.get(`/api/v1/chats?limit=2${from}`);
      read.push(...body.chats.map(({ chat_id }: Parsed) => chat_id));
      cursor = body.next_cursor;
    }
    expect(read).toEqual(expected);
  });
});

describe('the document', () => {
  it('shows every route, and what they answer is as it says', async () => {
    const { body: document } = await server.client().get<Parsed>('/openapi.json');
    const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
    const chat = await makeGroup();
    const { client } = alice;
    const url = `/api/v1/chats/${chat}`;
    const calls: readonly (readonly [string, string, () => Promise<Answer<Parsed>>])[] = [
      ['post', '', () => client.post('/api/v1/chats', { chat_type: 'personal', members: [bob.username] })],
      ['post', '/{chat_id}/messages', () => client.post(`${url}/messages`, { content: 'x' })],
      ['get', '', () => client.get('/api/v1/chats')],
      ['get', '/{chat_id}', () => client.get(url)],
      ['get', '/{chat_id}/messages', () => client.get(`${url}/messages`)],
      ['patch', '/{chat_id}/messages/{seq}', () => json('PATCH', `${url}/messages/1`, '{"content": "y"}')],
      ['get', '/{chat_id}/messages', () => client.get(`${url}/messages`)],
      ['put', '/{chat_id}/members/{user_id}', () => client.put(`${url}/members/${bob.id}`, { role: 'admin' })],
      ['post', '/{chat_id}/read', () => client.post(`${url}/read`, { seq: 2 })],
      ['delete', '/{chat_id}/messages/{seq}', () => client.delete(`${url}/messages/1`)],
      ['delete', '/{chat_id}/members/{user_id}', () => bob.client.delete(`${url}/members/${bob.id}`)],
      ['put', '/{chat_id}/members/{user_id}', () => client.put(`${url}/members/${bob.id}`, {})],
      ['get', '/requests', () => bob.client.get('/api/v1/chats/requests')],
      ['post', '/{chat_id}/decline', () => bob.client.post(`${url}/decline`)],
      ['post', '/{chat_id}/accept', () => bob.client.post(`${url}/accept`)],
      ['post', '/{chat_id}/hide', () => bob.client.post(`${url}/hide`)],
      ['post', '/{chat_id}/unhide', () => bob.client.post(`${url}/unhide`)],
    ];
    for (const [method, path, call] of calls) {
      const { status, body } = await call();
      expect([method, path, status]).toEqual([method, path, 200]);
      const media = document.paths[`/api/v1/chats${path}`][method].responses[200].content['application/json'];
      const validate = ajv.compile({ ...media.schema, components: document.components });
      expect(validate(body), `${method} ${path}: ${ajv.errorsText(validate.errors)}`).toBe(true);
      expect(Object.keys(media.example).sort()).toEqual(Object.keys(body).sort());
    }
    const documented = Object.entries<object>(document.paths).flatMap(([path, item]) =>
      path.startsWith('/api/v1/chats') ? Object.keys(item).map((method) => `${method} ${path}`) : [],
    );
    expect(documented.sort()).toEqual([...new Set(calls.map(([method, path]) => `${method} /api/v1/chats${path}`))].sort());
    const { parameters } = document.paths['/api/v1/chats/{chat_id}/messages'].post;
    expect(parameters).toContainEqual(expect.objectContaining({ name: 'Idempotency-Key', in: 'header' }));
  });
});

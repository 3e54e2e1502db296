import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/http-client.js';
import { TestServer } from '../support/server.js';

interface Operation {
  readonly operationId: string;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly requestBody?: { readonly content: Record<string, { readonly example?: unknown }> };
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema?: object }> }>;
}
interface Document {
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: object; readonly securitySchemes: Record<string, object> };
}
interface Entry {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

let server: TestServer;
let document: Document;
let entries: readonly Entry[];

const documentOf = async (of: TestServer): Promise<Document> => (await of.client().get<Document>('/openapi.json')).body;

beforeAll(async () => {
  server = await TestServer.start();
  document = await documentOf(server);
  entries = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, method, path, operation })),
  );
});

afterAll(() => server.stop());

const operation = (name: string): Operation => {
  const found = entries.find((entry) => entry.name === name)?.operation;
  if (!found) throw new Error(`${name} is not documented`);
  return found;
};

describe('security', () => {
  it('is stated for every operation, by schemes that the document defines', () => {
    const known = Object.keys(document.components.securitySchemes);
    const faults = entries.filter(({ operation: { security } }) => {
      const names = security?.flatMap((requirement) => Object.keys(requirement));
      return names === undefined || names.some((name) => !known.includes(name));
    });
    expect(faults.map(({ name }) => name)).toEqual([]);
  });

  const TOKEN = [{ password: [] }, { bearer: [] }];
  const COOKIE = { refreshCookie: [] };

  it.each([
    ['POST /api/v1/auth/login', []],
    ['GET /openapi.json', []],
    ['POST /auth/logout', [{}, ...TOKEN]],
    ['GET /api/v1/users/me', TOKEN],
    ['POST /auth/revoke', TOKEN],
    ['POST /api/v1/auth/refresh', [COOKIE]],
    ['POST /api/v1/auth/logout', [...TOKEN, COOKIE]],
    ['POST /api/v1/commands/{domain}/{command}', [{}, ...TOKEN]],
    ['POST /api/v1/commands/system/whoami', [{}, ...TOKEN]],
    ['POST /api/v1/commands/chat/list', TOKEN],
  ])('of %s is what the route accepts', (name, security) => {
    expect(operation(name).security).toEqual(security);
  });

  it('has the cookie as a scheme, and no parameter beside it', () => {
    expect(document.components.securitySchemes.refreshCookie).toMatchObject({
      type: 'apiKey',
      in: 'cookie',
      name: 'refresh_token',
    });
    expect(JSON.stringify(document.paths)).not.toContain('"in":"cookie"');
  });
});

describe('servers', () => {
  it('name the place of the document, or the public address if there is one', async () => {
    expect(document.servers.map(({ url }) => url)).toEqual(['/']);
    const behind = await TestServer.start({ variables: { PUBLIC_URL: 'https://example.com/app/' } });
    try {
      const { servers, components } = await documentOf(behind);
      expect(servers.map(({ url }) => url)).toEqual(['https://example.com/app']);
      expect(JSON.stringify(components.securitySchemes)).toContain('"https://example.com/app/api/v1/login/access-token"');
    } finally {
      await behind.stop();
    }
  });
});

describe('names of operations', () => {
  it('are identifiers in one style, without numbers or repeated words', () => {
    const names = entries.map((entry) => entry.operation.operationId);
    expect(names.filter((name) => !/^[a-z][A-Za-z]*$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    expect(operation('POST /api/v1/auth/login').operationId).toBe('restAuthLogin');
    expect(operation('POST /api/v1/login/access-token').operationId).toBe('restLoginAccessToken');
    expect(operation('GET /docs').operationId).toBe('docs');
    expect(operation('POST /api/v1/commands/chat/add_members').operationId).toBe('commandChatAddMembers');
  });
});

describe('patterns', () => {
  /** Escapes whose meaning depends on the language or its flags, groups that few languages have, and anything beyond ASCII. */
  const UNPORTABLE = /\\[pPdDwWsSbBkuxc](?!5[be])|\(\?|[^\x20-\x7e]/;

  const patternsOf = (value: unknown, found: { pattern: string; examples: unknown[] }[] = []) => {
    if (typeof value !== 'object' || value === null) return found;
    const { pattern, examples = [] } = value as { pattern?: unknown; examples?: unknown[] };
    if (typeof pattern === 'string') found.push({ pattern, examples });
    for (const part of Object.values(value)) patternsOf(part, found);
    return found;
  };

  it.each(['/openapi.json', '/asyncapi.json'])('of %s mean the same in every language', async (path) => {
    const { body } = await server.client().get(path);
    const found = patternsOf(body);
    expect(found.length).toBeGreaterThan(3);
    for (const { pattern, examples } of found) {
      expect(pattern).not.toMatch(UNPORTABLE);
      for (const flags of ['', 'u']) {
        const read = new RegExp(pattern, flags);
        for (const example of examples) expect(`${pattern} ${read.test(String(example))}`).toBe(`${pattern} true`);
      }
    }
  });

  it('accept every name that the server accepts', async () => {
    const { schema } = (document.paths['/api/v1/auth/register']?.post?.requestBody?.content['application/json'] ?? {}) as {
      schema?: { $ref: string };
    };
    const name = schema?.$ref.split('/').at(-1) ?? '';
    const body = (document.components.schemas as Record<string, { properties: { username: { pattern: string } } }>)[name];
    const pattern = new RegExp(body?.properties.username.pattern ?? 'none');
    const register = (username: string, index: number) =>
      server
        .client()
        .post('/api/v1/auth/register', { username, email: `name-${index}@example.com`, password: 'my_secure_password' });
    for (const [index, username] of ['Łukasz.K', '田中_太郎', 'محمد-1', 'नमस्ते', '𐐀𐐁𐐂'].entries()) {
      expect([username, (await register(username, index)).status]).toEqual([username, 200]);
      expect([username, pattern.test(username)]).toEqual([username, true]);
    }
    for (const [index, username] of ['al ice', 'al@ice', 'al/ice', 'al^ice', 'al[ice', 'al{ice}'].entries()) {
      expect([username, (await register(username, 10 + index)).status]).toEqual([username, 422]);
      expect([username, pattern.test(username)]).toEqual([username, false]);
    }
  });
});

describe('schemas', () => {
  it('say of every object which fields it has, or that it may have any', () => {
    const bare: string[] = [];
    const walk = (value: unknown, at: string): void => {
      if (typeof value !== 'object' || value === null) return;
      const isBare =
        Reflect.get(value, 'type') === 'object' &&
        !['properties', 'additionalProperties', 'allOf', 'anyOf', 'oneOf'].some((name) => name in value);
      if (isBare) bare.push(at);
      for (const [key, part] of Object.entries(value)) if (!/^examples?$/.test(key)) walk(part, `${at}/${key}`);
    };
    walk(document, '');
    expect(bare).toEqual([]);
  });
});

describe('the server answers with nothing but documented statuses and bodies', () => {
  let ajv: Ajv2020;
  let superuser: Client;
  let user: Client;
  let owned: Readonly<Record<string, string>>;

  beforeAll(async () => {
    ajv = new Ajv2020({ strict: false, validateFormats: false });
    superuser = (await server.user({ isSuperuser: true })).client;
    const account = await server.user();
    user = account.client;
    const peer = await server.user();
    const chat = await user.post('/api/v1/chats', { chat_type: 'group', chat_name: 'Here', members: [peer.username] });
    if (chat.status !== 200) throw new Error(JSON.stringify(chat.body));
    owned = { user_id: String(account.id), chat_id: String(chat.body.chat_id), seq: '1', report_id: '1', id: 'none' };
  });

  const urlOf = (path: string, values: Readonly<Record<string, string>>): string =>
    path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => values[name] ?? { domain: 'system', command: 'ping' }[name] ?? '1');

  const NOBODY = {
    user_id: '987654321',
    chat_id: '987654321',
    seq: '987654321',
    report_id: '987654321',
    id: 'none',
    command: 'none',
  };
  const NONSENSE = { user_id: 'x', chat_id: '-', seq: 'x', report_id: 'x', id: '%00', domain: '%00', command: 'x' };

  const faultOf = (entry: Entry, url: string, { status, body }: { status: number; body: unknown }): string => {
    const answer = entry.operation.responses[status];
    if (!answer) return `${entry.name} (${url}) answered ${status} ${JSON.stringify(body)}`;
    const schema = answer.content?.['application/json']?.schema;
    if (!schema) return '';
    const validate = ajv.compile({ ...schema, components: document.components });
    return validate(body) ? '' : `${entry.name} (${url}) ${status}: ${ajv.errorsText(validate.errors)}`;
  };

  /** What ends the caller's own session, account or rights: asked by others only. */
  const ENDS_CALLER = /\/(revoke|logout|suspension|suspend|resolve|sessions)(\/|$)|^DELETE \/api\/v1\/users\/\{user_id\}$/;

  it('for every caller and every operation', { timeout: 120_000 }, async () => {
    const faults: string[] = [];
    const ask = async (entry: Entry, client: Client, values: Readonly<Record<string, string>>, query = '') => {
      const url = urlOf(entry.path, values) + query;
      const body = entry.operation.requestBody?.content['application/json']?.example;
      const answer = await client.send(entry.method.toUpperCase(), url, body as never);
      faults.push(faultOf(entry, url, answer));
    };
    for (const entry of entries) {
      const isSafe = !ENDS_CALLER.test(entry.name);
      await ask(entry, server.client(), owned);
      await ask(entry, server.client('not.a.token'), owned);
      for (const values of [NOBODY, NONSENSE]) {
        if (isSafe || entry.path.includes('{')) {
          await ask(entry, user, values);
          await ask(entry, superuser, values);
        }
      }
      if (isSafe) {
        await ask(entry, user, owned);
        if (entry.method === 'get')
          await ask(entry, superuser, owned, '?limit=x&skip=x&before=x&after=x&cursor=x&online=x&q=%ff');
      }
    }
    expect(faults.filter(Boolean)).toEqual([]);
  });

  it('where the client has it already', async () => {
    const cached = entries.filter(({ operation: { responses } }) => responses[304]);
    expect(cached.map(({ path }) => path).sort()).toEqual([
      '/asyncapi',
      '/asyncapi.json',
      '/docs',
      '/openapi.json',
      '/recover',
      '/redoc',
    ]);
    for (const entry of entries.filter(({ method }) => method === 'get')) {
      const answer = await server.client().get(urlOf(entry.path, NOBODY), { 'if-none-match': '*' });
      expect([entry.name, answer.status === 304]).toEqual([entry.name, cached.includes(entry)]);
    }
  });
});

import { readdir, readFile } from 'node:fs/promises';
import { Body, Controller, Get, Injectable, Module, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AllowAnonymous, Command, SuperuserOnly } from '../../src/commands/command.js';
import { Superuser } from '../../src/http/access.js';
import { Text } from '../../src/validation/fields.js';
import { TestServer } from '../support/server.js';

interface Media {
  readonly schema?: object;
  readonly example?: unknown;
  readonly examples?: Record<string, { value: unknown }>;
}
interface Response {
  readonly description: string;
  readonly headers?: Record<string, object>;
  readonly content?: Record<string, Media>;
}
interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly tags: string[];
  readonly security?: Record<string, string[]>[];
  readonly parameters: { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Record<string, Media> };
  readonly responses: Record<string, Response>;
}
interface Document {
  readonly openapi: string;
  readonly info: { readonly description: string };
  readonly tags: { readonly name: string; readonly description?: string }[];
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object>; readonly securitySchemes: Record<string, object> };
}

interface Entry {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const entriesOf = ({ paths }: Document): Entry[] =>
  Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, method, path, operation })),
  );

const documentOf = async (server: TestServer): Promise<Document> => (await server.client().get<Document>('/openapi.json')).body;

const valuesOf = (media: Media | undefined): unknown[] => [
  ...(media && 'example' in media ? [media.example] : []),
  ...Object.values(media?.examples ?? {}).map(({ value }) => value),
];

const bodies = (operation: Operation, status: number): unknown[] =>
  valuesOf(operation.responses[status]?.content?.['application/json']);

const isPublic = ({ security }: Operation): boolean =>
  !security || security.length === 0 || security.some((requirement) => Object.keys(requirement).length === 0);

let server: TestServer;
let document: Document;
let entries: Entry[];
let ajv: Ajv2020;

/** What a schema of the document has against a value. */
function faultsOf(schema: object | undefined, value: unknown): string {
  const validate = ajv.compile({ ...schema, components: document.components });
  return validate(value) ? '' : ajv.errorsText(validate.errors);
}

beforeAll(async () => {
  server = await TestServer.start();
  document = await documentOf(server);
  entries = entriesOf(document);
  ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
});

afterAll(() => server.stop());

describe('the document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(document) as unknown as Record<string, unknown>);
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(document.openapi).toMatch(/^3\.1\./);
  });

  it('has every route of every protocol', () => {
    const names = entries.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'POST /auth/register',
        'POST /auth/login',
        'POST /auth/refresh',
        'POST /auth/logout',
        'POST /auth',
        'POST /register',
        'POST /auth/revoke',
        'POST /api/v1/auth/login',
        'POST /api/v1/login/access-token',
        'POST /api/v1/auth/register',
        'POST /api/v1/auth/refresh',
        'POST /api/v1/auth/logout',
        'POST /api/v1/auth/recover',
        'POST /api/v1/auth/reset',
        'GET /api/v1/users',
        'POST /api/v1/users',
        'GET /api/v1/users/me',
        'GET /api/v1/users/{user_id}',
        'PUT /api/v1/users/{user_id}',
        'DELETE /api/v1/users/{user_id}',
        'POST /api/v1/users/{user_id}/reset-password',
        'GET /api/v1/users/{user_id}/sessions',
        'DELETE /api/v1/users/{user_id}/sessions',
        'DELETE /api/v1/users/{user_id}/sessions/{id}',
        'GET /api/v1/users/{user_id}/clients',
        'POST /api/v1/commands/{domain}/{command}',
        'POST /api/v1/commands/system/ping',
        'POST /api/v1/commands/system/whoami',
        'GET /recover',
        'GET /health/live',
        'GET /health/ready',
        'GET /metrics',
        'GET /.well-known/jwks.json',
        'GET /openapi.json',
        'GET /docs',
        'GET /redoc',
      ]),
    );
    expect(names).not.toContain('GET /docs/assets/{name}');
  });

  it('gives every operation a summary, a described group, a name of its own and an answer with an example', () => {
    const described = new Map(document.tags.map(({ name, description }) => [name, description]));
    const incomplete = entries.filter(({ operation }) => {
      const { summary, tags, responses } = operation;
      const answer = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1];
      const hasExample = Object.values(answer?.content ?? {}).every((media) => valuesOf(media).length > 0);
      return !summary || tags.length !== 1 || !described.get(tags[0] ?? '') || !answer?.content || !hasExample;
    });
    expect(incomplete.map(({ name }) => name)).toEqual([]);
    expect(new Set(entries.map(({ operation }) => operation.operationId)).size).toBe(entries.length);
  });

  it('gives every body an example that its own schema takes', () => {
    const bad = entries.flatMap(({ name, operation }) =>
      Object.values(operation.requestBody?.content ?? {}).flatMap((media) => {
        const faults = valuesOf(media).map((value) => faultsOf(media.schema, value));
        return faults.length === 0 ? [`${name}: no example`] : faults.filter(Boolean).map((fault) => `${name}: ${fault}`);
      }),
    );
    expect(bad).toEqual([]);
  });

  it('shows answers that their own schemas take', () => {
    const bad = entries.flatMap(({ name, operation }) =>
      Object.entries(operation.responses).flatMap(([status, { content = {} }]) =>
        Object.values(content).flatMap((media) =>
          valuesOf(media).flatMap((value) => {
            const faults = faultsOf(media.schema, value);
            return faults ? [`${name} ${status}: ${faults}`] : [];
          }),
        ),
      ),
    );
    expect(bad).toEqual([]);
  });

  it('declares every parameter of every path', () => {
    const missing = entries.filter(({ path, operation }) => {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      return named.join() !== declared.join();
    });
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it('says which errors follow from access, body and limits', () => {
    const statuses = (name: string): string[] =>
      Object.keys(entries.find((entry) => entry.name === name)?.operation.responses ?? {});
    expect(statuses('PUT /api/v1/users/{user_id}')).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '413',
      '415',
      '422',
      '429',
      '500',
      '503',
    ]);
    expect(statuses('POST /api/v1/commands/{domain}/{command}')).toContain('409');
    expect(statuses('GET /api/v1/users/me')).toEqual(['200', '401', '429', '500', '503']);
    expect(statuses('POST /auth/register')).toEqual(['200', '400', '403', '409', '413', '415', '429', '500', '503']);
    expect(statuses('GET /health/live')).toEqual(['200', '500']);
  });
});

/** The one thing of an answer that is another every time. */
const withoutRequestId = (body: object): object => ({ ...body, request_id: undefined });

describe('the server keeps to the document', () => {
  const urlOf = (path: string): string =>
    path.replace('{user_id}', '1').replace('{id}', 'x').replace('{domain}', 'system').replace('{command}', 'ping');

  const send = (entry: Entry, body: string | undefined, type: string) =>
    server.client().raw(urlOf(entry.path), {
      method: entry.method.toUpperCase(),
      headers: { 'content-type': type },
      ...(body === undefined ? {} : { body }),
    });

  it('where no token is sent', async () => {
    const guarded = entries.filter(({ operation }) => !isPublic(operation));
    expect(guarded.length).toBeGreaterThan(10);
    for (const entry of guarded) {
      const answer = await server.client().raw(urlOf(entry.path), { method: entry.method.toUpperCase() });
      expect([entry.name, answer.status], entry.name).toEqual([entry.name, 401]);
      const printed = bodies(entry.operation, 401).map((body) => withoutRequestId(body as object));
      expect(printed, entry.name).toContainEqual(withoutRequestId(answer.body));
    }
  });

  it.each([
    ['is not JSON', '{"', 'application/json', 400],
    ['is of another kind', 'text', 'text/plain', 415],
    ['is too large', `"${'x'.repeat(1024 * 1024)}"`, 'application/json', 413],
  ])('where a body %s', async (_what, body, type, status) => {
    // Where none is expected, one that is sent is read all the same.
    const taking = entries.filter(({ method }) => method !== 'get');
    expect(taking.length).toBeGreaterThan(10);
    for (const entry of taking) {
      const answer = await send(entry, body, type);
      expect([entry.name, answer.status]).toEqual([entry.name, status]);
      expect(bodies(entry.operation, status), entry.name).toContainEqual(answer.body);
    }
  });

  it('where fields are missing', async () => {
    for (const entry of entries.filter(
      ({ operation }) => operation.requestBody && isPublic(operation) && !operation.operationId.startsWith('command'),
    )) {
      const answer = await send(entry, '{}', 'application/json');
      const schema = entry.operation.responses[answer.status]?.content?.['application/json']?.schema;
      expect(schema, `${entry.name} ${answer.status}`).toBeDefined();
      expect(faultsOf(schema, answer.body), `${entry.name} ${answer.status}`).toBe('');
    }
  });

  it('where it answers', async () => {
    const owner = await server.user({ isSuperuser: true });
    const client = owner.client;
    const answers: [string, Promise<{ status: number; body: unknown }>][] = [
      [
        'POST /auth/register',
        client.post('/auth/register', { email: 'a@example.com', username: 'player-one', password: 'my_secure_password' }),
      ],
      [
        'POST /api/v1/auth/register',
        client.post('/api/v1/auth/register', { email: 'b@example.com', username: 'reader-two', password: 'my_secure_password' }),
      ],
      ['POST /register', client.post('/register', { login: 'agent-three', password: 'my_secure_password' })],
      ['POST /api/v1/auth/recover', client.post('/api/v1/auth/recover', { email: 'nobody@example.com' })],
      ['GET /api/v1/users', client.get('/api/v1/users/')],
      ['GET /api/v1/users/me', client.get('/api/v1/users/me')],
      ['GET /api/v1/users/{user_id}', client.get(`/api/v1/users/${owner.id}`)],
      ['GET /api/v1/users/{user_id}/sessions', client.get(`/api/v1/users/${owner.id}/sessions`)],
      ['GET /api/v1/users/{user_id}/clients', client.get(`/api/v1/users/${owner.id}/clients`)],
      ['POST /api/v1/commands/system/ping', client.post('/api/v1/commands/system/ping', { sent_at: 1 })],
      ['POST /api/v1/commands/system/whoami', client.post('/api/v1/commands/system/whoami', {})],
      ['POST /api/v1/commands/system/commands', client.post('/api/v1/commands/system/commands', {})],
      ['GET /.well-known/jwks.json', client.get('/.well-known/jwks.json')],
      ['GET /health/live', client.get('/health/live')],
      ['GET /health/ready', client.get('/health/ready')],
    ];
    for (const [name, asked] of answers) {
      const { status, body } = await asked;
      const entry = entries.find((known) => known.name === name);
      const media = entry?.operation.responses[status]?.content?.['application/json'];
      expect(media, `${name} ${status}`).toBeDefined();
      expect(faultsOf(media?.schema, body), name).toBe('');
      // The example has the same fields as the real thing.
      if (!Array.isArray(body))
        expect(Object.keys(valuesOf(media)[0] as object).sort(), name).toEqual(Object.keys(body as object).sort());
    }
  });
});

describe('extensions', () => {
  class GreetPayload {
    @Text({ max: 20, example: 'Alice' })
    name!: string;
  }

  @Injectable()
  class GreetCommands {
    @Command('greeting.greet', { summary: 'Greets.', payload: GreetPayload, errors: ['conflict'] })
    @AllowAnonymous()
    greet({ name }: GreetPayload): { text: string } {
      return { text: `Hello, ${name}` };
    }

    @Command('greeting.forget', { summary: 'Forgets all greetings.' })
    @SuperuserOnly()
    forget(): object {
      return {};
    }

    @Command('greeting.wave', { summary: 'Waves.', liveOnly: true })
    wave(): object {
      return {};
    }
  }

  @Controller('greetings')
  class GreetingsController {
    @Get()
    @ApiOperation({ summary: 'Lists greetings' })
    @ApiOkResponse({ description: 'All of them', schema: { type: 'array', items: { type: 'string' }, example: ['Hello'] } })
    list(): string[] {
      return [];
    }

    @Post()
    @Superuser()
    make(@Body() body: object): object {
      return body;
    }
  }

  @Module({ controllers: [GreetingsController], providers: [GreetCommands] })
  class GreetModule {}

  let extended: TestServer;
  let own: Document;

  beforeAll(async () => {
    extended = await TestServer.start({ extensions: [GreetModule], variables: { PROTOCOLS: 'rest' } });
    own = await documentOf(extended);
  });
  afterAll(() => extended.stop());

  it('show their commands by themselves', async () => {
    const operation = own.paths['/api/v1/commands/greeting/greet']?.post;
    expect(operation?.summary).toBe('Greets.');
    expect(operation?.tags).toEqual(['commands: greeting']);
    expect(operation?.requestBody?.content['application/json']?.example).toEqual({ name: 'Alice' });
    expect(Object.keys(operation?.responses ?? {})).toEqual(expect.arrayContaining(['200', '409', '422']));
    const refused = await extended.client().post('/api/v1/commands/greeting/greet', {});
    const documented = valuesOf(operation?.responses[422]?.content?.['application/json'])[0] as { code: string };
    expect(refused.body).toMatchObject({ success: false, code: documented.code });
    expect(own.paths['/api/v1/commands/greeting/forget']?.post?.security).toBeDefined();
  });

  it('leave out what needs a live connection, and say so', () => {
    expect(own.paths['/api/v1/commands/greeting/wave']).toBeUndefined();
    expect(JSON.stringify(own.paths['/api/v1/commands/{domain}/{command}']?.post)).toContain('`greeting.wave`: Waves.');
  });

  it('show their controllers as they describe them, with the errors that follow', () => {
    const operation = own.paths['/greetings']?.get;
    expect(operation?.summary).toBe('Lists greetings');
    expect(operation?.tags).toEqual(['greetings']);
    expect(Object.keys(operation?.responses ?? {})).toEqual(['200', '401', '429', '500', '503']);
    expect(bodies(own.paths['/greetings']?.post as Operation, 403)).toEqual([{ detail: 'Not enough permissions' }]);
  });

  it('leave the document valid', async () => {
    const { errors } = await new Validator().validate(structuredClone(own) as unknown as Record<string, unknown>);
    expect(errors).toBeUndefined();
  });
});

describe('protocols that are not served', () => {
  it('are not documented', async () => {
    const game = await TestServer.start({ variables: { PROTOCOLS: 'game' } });
    try {
      const own = await documentOf(game);
      const paths = Object.keys(own.paths);
      expect(paths).toContain('/auth/login');
      expect(paths.filter((path) => path.startsWith('/api/') || path === '/register' || path === '/recover')).toEqual([]);
      expect(Object.keys(own.components.securitySchemes)).toEqual(['bearer']);
      expect(own.info.description).toContain('/v1/connect');
      expect(own.info.description).not.toMatch(/\(rest\)|Socket\.IO|\(messenger\)/);
    } finally {
      await game.stop();
    }
  });
});

describe('how it is served', () => {
  it('with a tag by which browsers ask again, and compressed for who takes that', async () => {
    const plain = await fetch(`${server.url}/openapi.json`, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(plain.headers.get('cache-control')).toBe('no-cache');
    expect(plain.headers.get('vary')).toMatch(/accept-encoding/i);
    const tag = plain.headers.get('etag') ?? '';
    const again = await fetch(`${server.url}/openapi.json`, { headers: { 'accept-encoding': 'identity', 'if-none-match': tag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const packed = await fetch(`${server.url}/openapi.json`, { headers: { 'accept-encoding': 'gzip', 'if-none-match': tag } });
    expect([packed.status, packed.headers.get('content-encoding')]).toEqual([200, 'gzip']);
    expect(await packed.json()).toEqual(await plain.json());
    const refused = await fetch(`${server.url}/openapi.json`, { headers: { 'accept-encoding': 'gzip;q=0' } });
    expect(refused.headers.get('content-encoding')).toBeNull();
  });

  it('without loading the library before somebody asks', async () => {
    const files = await readdir('src', { recursive: true });
    const sources = await Promise.all(
      files.filter((name) => name.endsWith('.ts')).map((name) => readFile(`src/${name}`, 'utf8')),
    );
    expect(sources.length).toBeGreaterThan(50);
    expect(sources.filter((text) => /^import (?!type).*'@nestjs\/swagger'/m.test(text))).toEqual([]);
  });

  it('answers 404 for assets that it does not have', async () => {
    for (const name of ['nothing.js', '..%2Fdocs.module.ts', '__proto__']) {
      expect((await server.client().get(`/docs/assets/${name}`)).status, name).toBe(404);
    }
  });
});

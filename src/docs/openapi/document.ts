import type { INestApplication } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { CommandRegistry } from '../../commands/registry.js';
import { Settings } from '../../config/settings.js';
import { ErrorFormats } from '../../http/error-formats.js';
import { SocketEndpoints } from '../../realtime/endpoints.js';
import type { JsonSchema } from '../../validation/fields.js';
import { COMMANDS_PATH, commandPaths } from './commands.js';
import { type ErrorWriter, protocolWriter } from './errors.js';
import { type Handler, handlerKey, handlersOf } from './handlers.js';
import type { OpenApi, Operation, PathItem } from './openapi.js';
import { completed, type OperationParts, operationOf, type Route, tagOf } from './operation.js';
import { operationIdOf } from './operation-id.js';
import { Schemas } from './schemas.js';
import { introduction, TAGS } from './texts.js';

/** Where the Authorize button logs in, if that protocol is served. */
const LOGIN_PATH = '/api/v1/login/access-token';

/**
 * The OpenAPI document of an application: its routes are found by the library, so that controllers of extensions which
 * use its decorators show as they say; ours are described by their own metadata.
 */
export async function buildDocument(app: INestApplication): Promise<OpenApi> {
  const found = await scan(app);
  const formats = app.get(ErrorFormats);
  const registry = app.get(CommandRegistry, { strict: false });
  const handlers = handlersOf(app.get(ModulesContainer));
  const schemas = new Schemas(found.schemas);
  const { PROTOCOLS, PUBLIC_URL } = app.get(Settings);
  const base = PUBLIC_URL === undefined ? '' : new URL(PUBLIC_URL).href.replace(/\/$/, '');
  const canLogIn = LOGIN_PATH in found.paths;
  const hasCookie = [...handlers.values()].some(({ docs }) => docs?.credentials?.includes('cookie'));
  const parts: OperationParts = {
    schemas,
    security: { token: [...(canLogIn ? [{ password: [] }] : []), { bearer: [] }], cookie: [{ refreshCookie: [] }] },
    writerOf: writers(formats, schemas),
    commandOf: (name) => [...registry.all()].find(({ fullName }) => fullName === name),
  };
  const described = describePaths(found.paths, handlers, parts);
  const commands = commandsOf(app, described, handlers, found.paths, parts);
  const description = introduction({
    hasButton: canLogIn,
    endpoints: app.get(SocketEndpoints).all(),
    hasSocketIo: PROTOCOLS.includes('socketio'),
  });
  const paths = sorted({ ...described, ...commands });
  return {
    openapi: '3.1.1',
    info: { title: 'Switchboard', version: '1.0', description, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [base ? { url: base, description: 'This server' } : { url: '/', description: 'Where this document is served' }],
    tags: tagsOf(paths),
    paths,
    components: {
      schemas: schemas.all(),
      headers: {
        'X-Request-Id': { description: 'Names the request; the log of the server has it, too', schema: { type: 'string' } },
      },
      securitySchemes: {
        ...(canLogIn ? { password: passwordScheme(base + LOGIN_PATH) } : {}),
        bearer: BEARER,
        ...(hasCookie ? { refreshCookie: REFRESH_COOKIE } : {}),
      },
    },
  };
}

interface Found {
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly schemas: Readonly<Record<string, JsonSchema>>;
}

async function scan(app: INestApplication): Promise<Found> {
  // Loading the library costs half a second, so it is not done before somebody asks for the document.
  const { SwaggerModule } = await import('@nestjs/swagger');
  const config = { openapi: '3.1.1', info: { title: '', version: '' } };
  const document = SwaggerModule.createDocument(app, config, { operationIdFactory: handlerKey, autoTagControllers: false });
  return {
    paths: document.paths as unknown as Found['paths'],
    schemas: (document.components?.schemas ?? {}) as Found['schemas'],
  };
}

function describePaths(
  found: Found['paths'],
  handlers: ReadonlyMap<string, Handler>,
  parts: OperationParts,
): Record<string, PathItem> {
  const paths: Record<string, PathItem> = {};
  for (const [path, item] of Object.entries(found)) {
    const operations = Object.entries(item).flatMap(([method, operation]) => {
      const handler = handlerOf(operation, handlers);
      if (!handler || handler.docs === null) return [];
      return [[method, described({ path, method }, operation, handler, parts)] as const];
    });
    if (operations.length > 0) paths[path] = Object.fromEntries(operations);
  }
  return paths;
}

/** The method of several paths has a number for each. */
const handlerOf = ({ operationId = '' }: Operation, handlers: ReadonlyMap<string, Handler>): Handler | undefined =>
  handlers.get(operationId.replace(/\[\d+\]$/, ''));

function described(route: Route, operation: Operation, handler: Handler, parts: OperationParts): Operation {
  const operationId = operationIdOf(operation.operationId ?? '', route, handler);
  const full = handler.docs ? operationOf(route, handler, handler.docs, parts) : completed(route, operation, handler, parts);
  return { ...full, operationId, tags: full.tags?.length ? full.tags : [tagOf(handler)] };
}

function commandsOf(
  app: INestApplication,
  described: Readonly<Record<string, PathItem>>,
  handlers: ReadonlyMap<string, Handler>,
  found: Found['paths'],
  parts: OperationParts,
): Record<string, PathItem> {
  const general = described[COMMANDS_PATH]?.post;
  const handler = handlerOf(found[COMMANDS_PATH]?.post ?? { responses: {} }, handlers);
  return general && handler ? commandPaths(general, handler, app.get(CommandRegistry, { strict: false }), parts) : {};
}

/** One writer per protocol, named after it. */
function writers(formats: ErrorFormats, schemas: Schemas): OperationParts['writerOf'] {
  const known = new Map<string | undefined, ErrorWriter>();
  return (protocol) => {
    const writer =
      known.get(protocol) ?? protocolWriter(formats.of(protocol), schemas, protocol === undefined ? 'Plain' : capital(protocol));
    known.set(protocol, writer);
    return writer;
  };
}

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

const passwordScheme = (tokenUrl: string): object => ({
  type: 'oauth2',
  description: 'Log in with user name and password, here and now.',
  flows: { password: { tokenUrl, scopes: {} } },
});
const BEARER = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token of any protocol' };
const REFRESH_COOKIE = {
  type: 'apiKey',
  in: 'cookie',
  name: 'refresh_token',
  description: 'The refresh token, as the log-in sets it. Browsers send it by themselves.',
};

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

function sorted(paths: Readonly<Record<string, PathItem>>): Record<string, PathItem> {
  const order = (method: string): number => (METHODS.includes(method) ? METHODS.indexOf(method) : METHODS.length);
  const entries = Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.map(([path, item]) => [path, Object.fromEntries(Object.entries(item).sort(([a], [b]) => order(a) - order(b)))]),
  );
}

/** The groups in the order in which the texts name them, then the others by name. */
function tagsOf(paths: Readonly<Record<string, PathItem>>): OpenApi['tags'] {
  const used = new Set(Object.values(paths).flatMap((item) => Object.values(item).flatMap(({ tags = [] }) => tags)));
  const known = Object.entries(TAGS).flatMap(([name, description]) => (used.has(name) ? [{ name, description }] : []));
  const others = [...used].filter((name) => !(name in TAGS)).sort();
  return [...known, ...others.map((name) => ({ name }))];
}

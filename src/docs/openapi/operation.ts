import type { RegisteredCommand } from '../../commands/registry.js';
import type { Credential, RouteAnswer, RouteDocs } from '../../http/route-docs.js';
import { fieldsOf } from '../../validation/fields.js';
import type { Dto } from '../../validation/validate.js';
import { type ErrorWriter, errorResponses, errorsOf, type Exposure, REQUEST_ID } from './errors.js';
import { exampleOf } from './examples.js';
import type { Handler } from './handlers.js';
import type { Operation, Parameter, RequestBody, ResponseObject, SecurityRequirement } from './openapi.js';
import { OPEN_OBJECT, type Schemas } from './schemas.js';

/** What operations share. */
export interface OperationParts {
  readonly schemas: Schemas;
  /** The ways to bring a credential, any one of them. */
  readonly security: Readonly<Record<Credential, readonly SecurityRequirement[]>>;
  writerOf(protocol: string | undefined): ErrorWriter;
  /** What a command answers; undefined where there is none of that name. */
  readonly commandOf: (name: string) => Pick<RegisteredCommand, 'answer' | 'example'> | undefined;
}

/** Where an operation is found. */
export interface Route {
  readonly path: string;
  /** In small letters, as the document has it. */
  readonly method: string;
}

/** The operation of a documented handler, in full. */
export function operationOf(route: Route, handler: Handler, docs: RouteDocs, parts: OperationParts): Operation {
  const { path } = route;
  const { body, query, errors, answer, otherAnswers = [] } = docs;
  const { access, protocol } = handler;
  const names = pathParameters(path);
  const integer = names.find((name) => handler.integers.has(name));
  const isTokenOptional = docs.isAnonymousAllowed ?? false;
  const exposure: Exposure = { ...route, access, protocol, body, query, integer, errors, isTokenOptional };
  const answers = [answer, ...otherAnswers].map((given) => [String(given.status ?? 200), answerOf(given, parts)] as const);
  return {
    tags: [tagOf(handler)],
    summary: docs.summary,
    ...describe(docs.description, access),
    security: securityOf(handler, parts.security),
    parameters: [
      ...names.map((name) => pathParameter(name, handler.integers.has(name))),
      ...(query ? queryParameters(query) : []),
      ...headerParameters(docs.headers),
    ],
    ...(body ? { requestBody: bodyOf(body, docs.form ?? false, parts.schemas) } : {}),
    responses: { ...errorResponses(errorsOf(exposure), parts.writerOf(protocol)), ...Object.fromEntries(answers) },
  };
}

/** Adds to an operation that an extension described by itself what follows from its access and its limits. */
export function completed(route: Route, operation: Operation, handler: Handler, parts: OperationParts): Operation {
  const { access, protocol } = handler;
  const exposure: Exposure = { ...route, access, protocol: protocol ?? 'extension' };
  const errors = errorResponses(errorsOf(exposure), parts.writerOf(protocol));
  return {
    ...operation,
    summary: operation.summary || route.path,
    ...describe(operation.description, access),
    security: operation.security ?? securityOf(handler, parts.security),
    responses: { ...errors, ...operation.responses },
  };
}

/** `rest: users`, or the name of the controller alone where it belongs to no protocol. */
export function tagOf({ docs, protocol, area }: Handler): string {
  if (docs?.tag) return docs.tag;
  return [protocol, area].filter(Boolean).join(': ') || 'other';
}

const WHO = {
  superuser: 'For superusers.',
  self: 'For the user itself and for superusers.',
} as const;

function describe(text: string | undefined, access: Handler['access']): { readonly description?: string } {
  const who = access && access.kind !== 'public' ? WHO[access.kind] : undefined;
  const description = [text, who].filter(Boolean).join(' ');
  return description ? { description } : {};
}

/** Always stated: generators read a missing list as "no token", and linters as "forgotten". An empty one needs nothing. */
function securityOf(
  { access, docs }: Pick<Handler, 'access' | 'docs'>,
  security: OperationParts['security'],
): readonly SecurityRequirement[] {
  const { credentials = access?.kind === 'public' ? [] : ['token'], isAnonymousAllowed = false } = docs ?? {};
  const requirements = credentials.flatMap((credential) => security[credential]);
  return isAnonymousAllowed ? [{}, ...requirements] : requirements;
}

const pathParameters = (path: string): string[] => [...path.matchAll(/\{([^}]+)\}/g)].flatMap(([, name]) => name ?? []);

function pathParameter(name: string, isInteger: boolean): Parameter {
  const schema = isInteger ? { type: 'integer', format: 'int64', minimum: 1 } : { type: 'string' };
  return { name, in: 'path', required: true, schema, ...(isInteger ? { example: 1 } : {}) };
}

function queryParameters(query: Dto): Parameter[] {
  const defaults = new query();
  return [...fieldsOf(query)].map(([name, { schema, optional }]) => {
    const { description, ...rest } = schema;
    const preset: unknown = Reflect.get(defaults, name);
    return {
      name,
      in: 'query',
      required: !optional,
      ...(typeof description === 'string' ? { description } : {}),
      schema: preset === undefined ? rest : { ...rest, default: preset },
    };
  });
}

function headerParameters(texts: Readonly<Record<string, string>> = {}): Parameter[] {
  return Object.entries(texts).map(([name, description]) => ({ name, in: 'header', description, schema: { type: 'string' } }));
}

export function bodyOf(dto: Dto, isForm: boolean, schemas: Schemas, example: unknown = exampleOf(dto)): RequestBody {
  const media = { schema: schemas.ofDto(dto), example };
  return {
    required: true,
    content: { 'application/json': media, ...(isForm ? { 'application/x-www-form-urlencoded': media } : {}) },
  };
}

function answerOf(answer: RouteAnswer, { schemas, commandOf }: OperationParts): ResponseObject {
  const { description, headers = {}, type = 'application/json' } = answer;
  const command = answer.command === undefined ? undefined : commandOf(answer.command);
  const { schema = command?.answer, example = command?.example?.answer } = answer;
  const own = Object.entries(headers).map(([name, text]) => [name, { description: text, schema: { type: 'string' } }] as const);
  const everyHeader = { ...REQUEST_ID, ...Object.fromEntries(own) };
  if (answer.status !== undefined && WITHOUT_CONTENT.has(answer.status)) return { description, headers: everyHeader };
  const media = { schema: schema ? schemas.ofAnswer(schema) : plainSchema(type), ...(example === undefined ? {} : { example }) };
  return { description, headers: everyHeader, content: { [type]: media } };
}

/** RFC 9110 §15.3.5 and §15.4.5. */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 304]);

const plainSchema = (type: string) => (type === 'application/json' ? OPEN_OBJECT : { type: 'string' });

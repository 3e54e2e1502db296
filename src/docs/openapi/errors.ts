import { CORE_ERRORS, CoreError, type ErrorCode } from '../../errors/catalogue.js';
import { type HttpErrorFormat, httpAnswer } from '../../http/error-formats.js';
import { KEY_WITHOUT_MEANING } from '../../http/idempotency.guard.js';
import type { JsonSchema } from '../../validation/fields.js';
import type { Dto } from '../../validation/validate.js';
import { issuesOf } from './examples.js';
import type { Handler } from './handlers.js';
import type { ResponseObject } from './openapi.js';
import { type Schemas, shapeOf } from './schemas.js';

/** What decides which errors an operation can answer. */
export interface Exposure {
  readonly access: Handler['access'];
  readonly protocol: string | undefined;
  readonly path: string;
  /** In small letters. */
  readonly method: string;
  readonly body?: Dto | undefined;
  readonly query?: Dto | undefined;
  /** A path parameter that has to be an integer. */
  readonly integer?: string | undefined;
  readonly errors?: readonly ErrorCode[] | undefined;
  /** Open to everyone, but a token that is given must be a good one. */
  readonly isTokenOptional?: boolean | undefined;
}

/** The errors that a call of this operation may meet, each as the core would throw it. */
export function errorsOf(exposure: Exposure): CoreError[] {
  const { access, protocol, path, method, body, query, integer, errors = [], isTokenOptional } = exposure;
  const codes = new Set<ErrorCode>();
  // Also where no body is expected: one that is sent is read before the route is asked.
  if (WITH_BODY.has(method)) for (const code of ['malformed', 'too_large', 'unsupported_media_type'] as const) codes.add(code);
  if (access?.kind !== 'public' || isTokenOptional) codes.add('not_authenticated');
  if (access?.kind === 'self' || access?.kind === 'superuser') codes.add('forbidden');
  for (const code of errors) codes.add(code);
  // Health alone is not limited. What belongs to no protocol asks no database.
  if (!path.startsWith('/health/')) codes.add('too_many_requests');
  if (protocol !== undefined) codes.add('unavailable');
  codes.add('internal');
  codes.delete('invalid_input');
  const plain = [...codes].map((code) => new CoreError(code));
  const issues = issuesOfInput({ body, query, integer, method });
  return issues.length > 0 ? [...plain, new CoreError('invalid_input', { issues })] : plain;
}

const WITH_BODY: ReadonlySet<string> = new Set(['post', 'put', 'patch', 'delete']);

function issuesOfInput({ body, query, integer, method }: Pick<Exposure, 'body' | 'query' | 'integer' | 'method'>) {
  if (body) return issuesOf(body, 'body');
  if (query) return issuesOf(query, 'query');
  if (integer) return [{ loc: ['path', integer], msg: 'value is not a valid integer', type: 'type_error.integer' }];
  return WITH_BODY.has(method) ? [KEY_WITHOUT_MEANING] : [];
}

const WHY: Partial<Record<ErrorCode, string>> = {
  malformed: 'The body is not JSON',
  invalid_input: 'A field is missing or wrong',
  wrong_credentials: 'No such user, or another password',
  bad_refresh_token: 'The refresh token is unknown, spent or has expired',
  bad_recovery_token: 'The recovery token is unknown, spent or has expired',
  not_authenticated: 'No token, or none that is good',
  forbidden: 'The account may not do this',
  origin_not_allowed: 'The cookie comes from a page of another origin',
  not_found: 'There is no such thing',
  taken: 'The name or the e-mail address belongs to another account',
  registration_closed: 'The server runs with `REGISTRATION=closed`',
  too_many_requests: 'Over the limit; come again after `Retry-After` seconds',
  too_large: 'The body is over 1 MiB',
  unsupported_media_type: 'The body is of another kind',
  unavailable: 'The server cannot do it now; come again after `Retry-After` seconds',
  internal: 'A fault of the server; its log knows more by `X-Request-Id`',
};

/** How errors are written down. */
export interface ErrorWriter {
  readonly format: HttpErrorFormat;
  /** The schema of an error's body, or a reference to it. */
  schema(error: CoreError, body: object): JsonSchema;
}

/** The bodies of one protocol; what they are called starts with `name`. */
export function protocolWriter(format: HttpErrorFormat, schemas: Schemas, name: string): ErrorWriter {
  const usual = JSON.stringify(shapeOf(format.body(new CoreError('internal'))));
  return {
    format,
    schema: (error, body) => {
      const shape = shapeOf(body, error.issues);
      if (JSON.stringify(shape) === usual) return schemas.ofShape(`${name}Error`, shape);
      return schemas.ofShape(error.code === 'invalid_input' ? `${name}InvalidInput` : `${name}OtherError`, shape);
    },
  };
}

/** The errors as answers by their status, in the writer's words; codes that share a status are examples of one answer. */
export function errorResponses(errors: readonly CoreError[], writer: ErrorWriter): Record<string, ResponseObject> {
  const byStatus = new Map<number, CoreError[]>();
  for (const error of errors) {
    const status = writer.format.status(error);
    byStatus.set(status, [...(byStatus.get(status) ?? []), error]);
  }
  const statuses = [...byStatus].sort(([a], [b]) => a - b);
  return Object.fromEntries(statuses.map(([status, group]) => [String(status), responseOf(group, writer)]));
}

function responseOf(errors: readonly CoreError[], writer: ErrorWriter): ResponseObject {
  const answers = errors.map((error) => ({ error, ...httpAnswer(writer.format, error) }));
  const references = new Map(
    answers.map(({ error, body }) => writer.schema(error, body)).map((schema) => [JSON.stringify(schema), schema]),
  );
  const [schema, ...further] = references.values();
  const examples = answers.map(({ error, body }) => [error.code, { summary: reasonOf(error), value: body }] as const);
  return {
    description: [...new Set(errors.map(reasonOf))].join('. '),
    headers: {
      ...(errors.some(({ code }) => code === 'internal') ? REQUEST_ID : {}),
      ...headersOf(answers.map(({ headers }) => headers)),
    },
    content: {
      'application/json': {
        schema: schema && further.length === 0 ? schema : { anyOf: [...references.values()] },
        ...(answers.length === 1 ? { example: answers[0]?.body } : { examples: Object.fromEntries(examples) }),
      },
    },
  };
}

const reasonOf = (error: CoreError): string => WHY[error.code] ?? error.detail ?? CORE_ERRORS[error.code].text;

const HEADERS: Readonly<Record<string, { readonly name: string; readonly description: string }>> = {
  'retry-after': { name: 'Retry-After', description: 'Seconds after which to try again' },
  'www-authenticate': { name: 'WWW-Authenticate', description: 'How to authenticate (RFC 6750)' },
};

function headersOf(given: readonly Readonly<Record<string, string>>[]): Record<string, object> {
  const values = Object.assign({}, ...given) as Readonly<Record<string, string>>;
  const own = Object.entries(values).map(([key, example]) => {
    const { name, description } = HEADERS[key] ?? { name: key, description: '' };
    return [name, { description, schema: { type: 'string' }, example }] as const;
  });
  return Object.fromEntries(own);
}

/** Carried by every answer; shown where somebody looks for it. */
export const REQUEST_ID = { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } } as const;

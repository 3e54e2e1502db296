import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Answer } from './http-client.js';
import type { TestServer } from './server.js';

interface Content {
  readonly schema?: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface Operation {
  readonly security?: readonly object[];
  readonly tags: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: object }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Content>> }>>;
}

/** A route as the server's own documentation describes it. */
export interface Route {
  readonly method: string;
  /** With parameters as `{user_id}`. */
  readonly path: string;
  readonly isProtected: boolean;
  readonly tags: readonly string[];
  readonly pathParams: readonly string[];
  readonly queryParams: readonly string[];
  /** Schemas of its parameters, by name. */
  readonly parameterSchemas: Readonly<Record<string, object>>;
  /** A body that it takes; undefined where it takes none. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
  /** What a body may be. */
  readonly bodySchema: object | undefined;
  /** What is wrong with an answer, by the documentation; undefined where it is as promised. */
  faultOf(answer: Answer): string | undefined;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Every route of the server, from `/openapi.json`. */
export async function routesOf(server: Pick<TestServer, 'client'>): Promise<Route[]> {
  const { body: document } = await server.client().get('/openapi.json');
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'openapi');
  return Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      if (!operation) return [];
      const named = (where: string): string[] =>
        (operation.parameters ?? []).flatMap((one) => (one.in === where ? one.name : []));
      return [
        {
          method: method.toUpperCase(),
          path,
          isProtected: isProtected(operation),
          tags: operation.tags,
          pathParams: named('path'),
          queryParams: named('query'),
          parameterSchemas: Object.fromEntries((operation.parameters ?? []).map(({ name, schema = {} }) => [name, schema])),
          bodySchema: operation.requestBody?.content['application/json']?.schema,
          body: exampleOf(operation.requestBody?.content['application/json']),
          faultOf: checker(ajv, `openapi#/paths/${pointer(path)}/${method}/responses`, operation),
        },
      ];
    }),
  );
}

/** A path of a route with its parameters filled in: this user's id, and `x` for whatever else. */
export const filledPath = (path: string, userId: number): string =>
  path.replace('{user_id}', String(userId)).replace(/\{\w+\}/g, 'x');

/** An empty requirement among others means that a token may be left out. */
const isProtected = ({ security = [] }: Operation): boolean =>
  security.length > 0 && security.every((one) => Object.keys(one).length > 0);

const pointer = (text: string): string => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));

function exampleOf(content: Content | undefined): Readonly<Record<string, unknown>> | undefined {
  const example = content?.example ?? Object.values(content?.examples ?? {})[0]?.value;
  return content ? ((example ?? {}) as Readonly<Record<string, unknown>>) : undefined;
}

function checker(ajv: Ajv2020, base: string, operation: Operation): Route['faultOf'] {
  const checks = new Map<string, ValidateFunction | undefined>();
  const checkOf = (status: string): ValidateFunction | undefined => {
    if (!checks.has(status)) {
      const isJson = operation.responses[status]?.content?.['application/json'] !== undefined;
      const ref = `${base}/${status}/content/application~1json/schema`;
      checks.set(status, isJson ? ajv.compile({ $ref: ref }) : undefined);
    }
    return checks.get(status);
  };
  return ({ status, body }) => {
    if (!operation.responses[status]) return `status ${status} is not documented; body: ${JSON.stringify(body).slice(0, 200)}`;
    const check = checkOf(String(status));
    return !check || check(body) ? undefined : `${ajv.errorsText(check.errors)} in ${JSON.stringify(body).slice(0, 200)}`;
  };
}

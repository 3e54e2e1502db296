import { SetMetadata } from '@nestjs/common';
import type { ErrorCode } from '../errors/catalogue.js';
import type { JsonSchema } from '../validation/fields.js';
import type { Dto } from '../validation/validate.js';

export const ROUTE_DOCS = Symbol('route-docs');

export interface RouteAnswer {
  /** 200 unless given. */
  readonly status?: number;
  readonly description: string;
  /** One with a `title` is shown once, under that name. */
  readonly schema?: JsonSchema;
  readonly example?: unknown;
  /** `domain.name` of a command whose answer it is: schema and example are the command's, unless they are given. */
  readonly command?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** `application/json` unless given. */
  readonly type?: string;
}

/** What a request may authenticate with: an access token, or the cookie with the refresh token. */
export type Credential = 'token' | 'cookie';

/** What `/docs` says of a route. Kept as plain metadata: the OpenAPI library is only loaded when somebody asks. */
export interface RouteDocs {
  /** The group that it is shown in; else its protocol and its controller name one. */
  readonly tag?: string;
  readonly summary: string;
  readonly description?: string;
  readonly body?: Dto;
  /** The body is taken as a form, too. */
  readonly form?: boolean;
  readonly query?: Dto;
  /** Names of headers that the route reads, and what they are for. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The handler calls `refuseKey` itself, because its errors have a shape of their own. */
  readonly refusesKey?: boolean;
  /**
   * What the route authenticates with, any one of them. Without it, the access decides: an access token for everything that
   * is not public, nothing for what is.
   */
  readonly credentials?: readonly Credential[];
  /** The route also answers a request that brings none of its credentials. */
  readonly isAnonymousAllowed?: boolean;
  readonly answer: RouteAnswer;
  /** What else it answers that is no error of the catalogue, under a status of its own. */
  readonly otherAnswers?: readonly RouteAnswer[];
  /** Errors beyond those that follow from its access, body and limits. */
  readonly errors?: readonly ErrorCode[];
}

export const Documented = (docs: RouteDocs) => SetMetadata(ROUTE_DOCS, docs);

/** For what belongs to a page rather than to the API, such as its scripts: `/docs` does not show it. */
export const Undocumented = () => SetMetadata(ROUTE_DOCS, null);

import { SetMetadata } from '@nestjs/common';
import type { ErrorCode } from '../errors/catalogue.js';
import type { JsonSchema } from '../validation/fields.js';
import type { Dto } from '../validation/validate.js';

export const ROUTE_DOCS = Symbol('route-docs');

/** What `/docs` says of a route. Kept as plain metadata: the OpenAPI library is only loaded when somebody asks. */
export interface RouteDocs {
  readonly summary: string;
  readonly description?: string;
  readonly body?: Dto;
  /** The body is taken as a form, too. */
  readonly form?: boolean;
  readonly query?: Dto;
  readonly answer: {
    /** 200 unless given. */
    readonly status?: number;
    readonly description: string;
    readonly schema?: JsonSchema;
    readonly example?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
    /** `application/json` unless given. */
    readonly type?: string;
  };
  /** Errors beyond those that follow from its access, body and limits. */
  readonly errors?: readonly ErrorCode[];
}

export const Documented = (docs: RouteDocs) => SetMetadata(ROUTE_DOCS, docs);

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CoreError } from '../errors/catalogue.js';
import { type Dto, validate } from '../validation/validate.js';

const requestOf = (context: ExecutionContext): FastifyRequest => context.switchToHttp().getRequest<FastifyRequest>();

/** The validated body: `@ValidBody(CreateUser) body: CreateUser`. */
export const ValidBody = createParamDecorator((dto: Dto, context: ExecutionContext) =>
  validate(dto, requestOf(context).body, 'body'),
);

/** The validated query string; of a parameter given twice the last counts. */
export const ValidQuery = createParamDecorator((dto: Dto, context: ExecutionContext) =>
  validate(dto, { ...(requestOf(context).query as object) }, 'query'),
);

/** 2^63 - 1, the largest bigint of PostgreSQL. */
const MAX_ID = 9_223_372_036_854_775_807n;
const NOT_AN_INTEGER = { type: 'type_error.integer', msg: 'value is not a valid integer' };

/**
 * An id from the path. Beyond 64 bits or no integer at all is `invalid_input`; within, but beyond what JavaScript holds
 * exactly, it is {@link ABSENT_ID}, which nothing has, so that `not_found` follows.
 */
export function idFromPath(text: string | undefined, name: string): number {
  const isInteger = text !== undefined && /^[+-]?\d{1,25}$/.test(text);
  if (!isInteger || BigInt(text.replace(/^\+/, '')) > MAX_ID || BigInt(text.replace(/^\+/, '')) < -MAX_ID - 1n) {
    throw new CoreError('invalid_input', { issues: [{ loc: ['path', name], ...NOT_AN_INTEGER }] });
  }
  const id = Number(text);
  return Number.isSafeInteger(id) && id > 0 ? id : ABSENT_ID;
}

/** An id that no row has. */
const ABSENT_ID = -1;

/** A numeric id of the path: `@PathId('user_id') userId: number`. */
export const PathId = createParamDecorator((name: string, context: ExecutionContext) => {
  const params = requestOf(context).params as Readonly<Record<string, string | undefined>>;
  return idFromPath(params[name], name);
});

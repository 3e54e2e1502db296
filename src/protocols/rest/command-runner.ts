import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Dispatcher } from '../../commands/dispatcher.js';
import { CoreError, invalidInput } from '../../errors/catalogue.js';
import { IDEMPOTENCY_KEY } from '../../http/idempotency.guard.js';
import { originOf } from '../../http/request.js';
import { type Fault, MISSING, NO_OBJECT } from '../../validation/fields.js';

/** Where the fields of a command's payload are in a request. */
export interface Places {
  /** As it came: the command validates it, so that all faults are told together. Left out by routes that take none. */
  readonly body?: unknown;
  readonly query?: object;
  readonly path?: Readonly<Record<string, number>>;
  readonly header?: Readonly<Record<string, string>>;
}

/** Runs commands for routes: what is wrong with the payload is said of the part of the request that it came from. */
@Injectable()
export class RestCommandRunner {
  constructor(private readonly dispatcher: Dispatcher) {}

  /**
   * @param name `domain.command`, internal ones too
   * @param places later ones go before earlier ones: body, query, header, path
   * @throws CoreError as the command does
   */
  async run(name: string, places: Places, request: FastifyRequest): Promise<object> {
    const { query = {}, path = {}, header = {} } = places;
    const body = 'body' in places ? objectOf(places.body) : {};
    const [domain = '', command = ''] = name.split('.');
    const caller = { identity: request.identity, origin: originOf(request), connection: null };
    const payload = { ...body, ...query, ...header, ...path };
    try {
      return (await this.dispatcher.run({ domain, name: command, payload, internal: true }, caller)) as object;
    } catch (thrown) {
      if (!(thrown instanceof CoreError) || thrown.code !== 'invalid_input') throw thrown;
      const placeOf = (field: string): string =>
        field in path ? 'path' : field in header ? 'header' : field in query ? 'query' : 'body';
      const issues = thrown.issues.map((issue) => {
        const [, field = '', ...rest] = issue.loc;
        const place = placeOf(`${field}`);
        return { ...issue, loc: place === 'header' ? [place, IDEMPOTENCY_KEY] : [place, field, ...rest] };
      });
      throw new CoreError('invalid_input', { issues, cause: thrown });
    }
  }
}

/** @throws CoreError `invalid_input` where a body is missing or no object */
function objectOf(body: unknown): object {
  const refused = (fault: Fault): CoreError => invalidInput({ loc: ['body'], ...fault });
  if (body === undefined) throw refused(MISSING);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw refused(NO_OBJECT);
  return body;
}

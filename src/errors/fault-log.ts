import { Injectable, Logger } from '@nestjs/common';
import type { CoreError } from './catalogue.js';

/** Where faults that are ours, not the client's, are written down with their stack; clients never see that. */
@Injectable()
export class FaultLog {
  private readonly logger = new Logger('Fault');

  /** @param where what helps to find it again, such as the request id that the client was given */
  report(error: CoreError, where: Readonly<Record<string, unknown>>): void {
    if (error.code === 'internal') this.logger.error({ ...where, err: error.cause ?? error });
    else if (error.code === 'unavailable') this.logger.warn({ ...where, msg: error.message, cause: causeOf(error) });
  }
}

const causeOf = (error: CoreError): string | undefined => (error.cause instanceof Error ? error.cause.message : undefined);

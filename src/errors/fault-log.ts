import { Injectable, Logger } from '@nestjs/common';
import type { CoreError } from './catalogue.js';

/** Where faults that are ours, not the client's, are written down with their stack; clients never see that. */
@Injectable()
export class FaultLog {
  private readonly logger = new Logger('Fault');
  /** By code: plain numbers, read by the metrics. */
  readonly reported = new Map<string, number>();

  /** @param where what helps to find it again, such as the request id that the client was given */
  report(error: CoreError, where: Readonly<Record<string, unknown>>): void {
    const { code } = error;
    if (code === 'internal' || code === 'unavailable') this.reported.set(code, (this.reported.get(code) ?? 0) + 1);
    if (code === 'internal') this.logger.error({ ...where, err: error.cause ?? error });
    else if (code === 'unavailable') this.logger.warn({ ...where, msg: error.message, cause: causeOf(error) });
  }
}

const causeOf = (error: CoreError): string | undefined => (error.cause instanceof Error ? error.cause.message : undefined);

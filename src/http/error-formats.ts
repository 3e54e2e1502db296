import { Injectable } from '@nestjs/common';
import { CORE_ERRORS, type CoreError } from '../errors/catalogue.js';

/** How one protocol says a core error over HTTP. */
export interface HttpErrorFormat {
  status(error: CoreError): number;
  body(error: CoreError): object;
  /** Headers beyond `Retry-After`, which every protocol sends. */
  headers?(error: CoreError): Readonly<Record<string, string>>;
}

/** For a path that no protocol owns, where no protocol has registered itself as the default. */
const PLAIN: HttpErrorFormat = {
  status: (error) => CORE_ERRORS[error.code].status,
  body: (error) => ({ detail: error.issues.length > 0 ? error.issues : error.message }),
};

/** The error formats of the protocols that are served. */
@Injectable()
export class ErrorFormats {
  private readonly formats = new Map<string, HttpErrorFormat>();
  private byDefault = PLAIN;

  /** @param options.byDefault also words the errors of paths that no protocol owns */
  register(protocol: string, format: HttpErrorFormat, options: { readonly byDefault?: boolean } = {}): void {
    this.formats.set(protocol, format);
    if (options.byDefault) this.byDefault = format;
  }

  of(protocol: string | undefined): HttpErrorFormat {
    return (protocol === undefined ? undefined : this.formats.get(protocol)) ?? this.byDefault;
  }
}

/** A whole answer: status, headers and body of an error in a protocol's words. */
export function httpAnswer(
  format: HttpErrorFormat,
  error: CoreError,
): { status: number; headers: Record<string, string>; body: object } {
  const status = format.status(error);
  return {
    status,
    headers: {
      ...error.headers,
      ...format.headers?.(error),
      ...(error.retryAfterSec === undefined ? {} : { 'retry-after': String(error.retryAfterSec) }),
    },
    body: format.body(error),
  };
}

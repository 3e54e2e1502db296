import type { ProtocolDocs, RequestDocs, ToldDocs } from '../../commands/protocol-docs.js';
import type { ErrorCode } from '../../errors/catalogue.js';
import type { HttpErrorFormat } from '../../http/error-formats.js';
import type { SocketEndpoint } from '../../realtime/endpoints.js';

/** One protocol, with what is known of it from its parts. */
export interface DescribedProtocol {
  readonly docs: ProtocolDocs;
  readonly place: Pick<SocketEndpoint, 'paths' | 'token'>;
  readonly format: HttpErrorFormat;
  readonly requests: readonly RequestDocs[];
  readonly told: readonly ToldDocs[];
}

/** How a connection is refused with one error, before it is one. */
export interface Refusal {
  readonly error: ErrorCode;
  readonly status: number;
  readonly body: object;
}

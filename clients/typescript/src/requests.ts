import { CommandError, localError } from './errors.js';
import { fieldOf, textOf } from './http.js';
import type { CommandFrame, ServerFrame } from './transport.js';
import type { Fault } from './types.js';

export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds until it is given up, from now; 15,000 unless said. */
  readonly timeoutMs?: number;
}

interface Request {
  readonly frame: CommandFrame;
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: unknown) => void;
  isSent: boolean;
}

const TIMEOUT_MS = 15_000;
/** Commands that may wait, sent or not. */
const MAX_WAITING = 1_000;

/** Commands that wait for their answers, and, while there is no connection, to be sent. */
export class Requests {
  private readonly waiting = new Map<string, Request>();
  private count = 0;

  /** @param send to whoever is there; called only between `flush` and `lost`, or with `isOpen` */
  constructor(private readonly send: (frame: CommandFrame) => void) {}

  /**
   * Sends a command, now or when there is a connection.
   * @throws CommandError with a code of the server, or `disconnected`, `timeout`, `closed`, `queue_full`; the reason of the signal
   */
  ask(name: string, payload: object, isOpen: boolean, { signal, timeoutMs = TIMEOUT_MS }: RequestOptions = {}): Promise<unknown> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    if (this.waiting.size >= MAX_WAITING) return Promise.reject(localError('queue_full'));
    const [domain = '', command = ''] = name.split(/\.(.*)/);
    this.count += 1;
    const id = `r${this.count}`;
    return new Promise((resolve, reject) => {
      const settle = <T>(how: (value: T) => void, value: T): void => {
        if (!this.waiting.delete(id)) return;
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        how(value);
      };
      const abort = (): void => settle(reject, signal?.reason);
      const timer = setTimeout(() => settle(reject, localError('timeout')), timeoutMs);
      signal?.addEventListener('abort', abort);
      const frame: CommandFrame = { type: 'command', v: 1, request_id: id, domain, command, payload };
      const request: Request = {
        frame,
        resolve: (data) => settle(resolve, data),
        reject: (error) => settle(reject, error),
        isSent: false,
      };
      this.waiting.set(id, request);
      if (isOpen) this.dispatch(request);
    });
  }

  /** For when nothing can be asked any more. */
  refuse(): Promise<never> {
    return Promise.reject(localError('closed'));
  }

  /** There is a connection: sends what waits for one. */
  flush(): void {
    for (const request of [...this.waiting.values()]) if (!request.isSent) this.dispatch(request);
  }

  /** Takes an answer; one that nobody waits for any more is passed over. */
  answer(frame: ServerFrame): void {
    const request = this.waiting.get(String(frame['request_id']));
    if (!request) return;
    if (frame['success'] === true) return request.resolve(frame['data'] ?? {});
    request.reject(new CommandError(faultOf(frame)));
  }

  /** The connection is gone: what was sent may have been done, or not; but where it went for that, nothing of it is to be sent again. */
  lost(isFaulty: boolean): void {
    const error = isFaulty ? 'closed' : 'disconnected';
    for (const request of [...this.waiting.values()]) if (request.isSent) request.reject(localError(error));
  }

  close(): void {
    for (const request of [...this.waiting.values()]) request.reject(localError('closed'));
  }

  private dispatch(request: Request): void {
    request.isSent = true;
    this.send(request.frame);
  }
}

function faultOf(frame: ServerFrame): Fault {
  const errors = fieldOf(frame, 'errors');
  const retryAfter = fieldOf(frame, 'retry_after');
  return {
    code: textOf(frame['code'], 'internal'),
    detail: textOf(frame['detail'], 'The server did not say why'),
    ...(Array.isArray(errors) ? { errors: errors as Fault['errors'] } : {}),
    ...(typeof retryAfter === 'number' ? { retry_after: retryAfter } : {}),
  };
}

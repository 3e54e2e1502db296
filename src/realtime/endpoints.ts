import { Injectable } from '@nestjs/common';
import type { Codec } from './codec.js';
import type { BindingRules } from './connection.js';

/** A place where raw WebSockets of one protocol connect. */
export interface SocketEndpoint {
  readonly protocol: string;
  /** Paths with parameters, as path-to-regexp takes them; a trailing slash makes no difference. */
  readonly paths: readonly string[];
  readonly codec: Codec<string, string | null>;
  /**
   * `required`: none or a bad one is refused. `optional`: none is fine, a bad one is refused. `lenient`: a bad one is as
   * good as none.
   */
  readonly token: 'required' | 'optional' | 'lenient';
  readonly rules?: BindingRules;
  /**
   * The id that the client gives itself, taken from the path's parameters.
   * @throws CoreError `invalid_input`
   */
  clientId?(params: Readonly<Record<string, string | undefined>>): string;
}

/** The endpoints of the protocols that are served, which register themselves here. */
@Injectable()
export class SocketEndpoints {
  private readonly list: SocketEndpoint[] = [];

  register(endpoint: SocketEndpoint): void {
    this.list.push(endpoint);
  }

  all(): readonly SocketEndpoint[] {
    return this.list;
  }
}

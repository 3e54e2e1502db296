import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import proxyAddr from '@fastify/proxy-addr';
import { type TrustFunction, trustOf } from '../../config/trust-proxy.js';
import { plainAddress } from '../../http/forwarded.js';
import { Settings } from '../../config/settings.js';

/** The address of a client, as TRUST_PROXY lets us believe it; the same rule that Fastify applies to HTTP requests. */
@Injectable()
export class ClientAddress {
  private readonly trusts: TrustFunction;

  constructor(settings: Settings) {
    const trusted = trustOf(settings);
    if (typeof trusted === 'boolean') this.trusts = () => trusted;
    else this.trusts = typeof trusted === 'function' ? trusted : proxyAddr.compile(trusted);
  }

  of(request: IncomingMessage): string {
    return plainAddress(proxyAddr(request, this.trusts) || 'unknown');
  }
}

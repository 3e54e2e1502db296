import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import proxyAddr from '@fastify/proxy-addr';
import { Settings } from '../../config/settings.js';

/** The address of a client, as TRUST_PROXY lets us believe it; the same rule that Fastify applies to HTTP requests. */
@Injectable()
export class ClientAddress {
  private readonly trusts: (address: string, hop: number) => boolean;

  constructor({ TRUST_PROXY: trusted }: Settings) {
    if (typeof trusted === 'boolean') this.trusts = () => trusted;
    else if (typeof trusted === 'number') this.trusts = (_address, hop) => hop < trusted;
    else this.trusts = proxyAddr.compile(trusted);
  }

  of(request: IncomingMessage): string {
    return proxyAddr(request, this.trusts) || 'unknown';
  }
}

import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import proxyAddr from '@fastify/proxy-addr';
import { type TrustFunction, trustOf } from '../config/trust-proxy.js';
import { Settings } from '../config/settings.js';
import { plainAddress } from './forwarded.js';

/** What a browser asked for, by the word of a trusted proxy. */
export interface Forwarded {
  /** With its port, where it is not the usual one. */
  readonly host?: string;
  readonly scheme?: string;
}

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

  /** Nothing where the peer is no trusted proxy, or does not say. Of several the nearest proxy's word counts. */
  forwarded({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): Forwarded {
    if (!this.trusts(plainAddress(socket.remoteAddress ?? ''), 0)) return {};
    const [host, scheme] = [lastOf(headers['x-forwarded-host']), lastOf(headers['x-forwarded-proto'])];
    return { ...(host && { host }), ...(scheme && /^https?$/.test(scheme) && { scheme }) };
  }
}

const lastOf = (header: string | string[] | undefined): string | undefined =>
  String(header ?? '')
    .split(',')
    .at(-1)
    ?.trim()
    .toLowerCase();

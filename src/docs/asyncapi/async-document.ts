import type { AddressInfo } from 'node:net';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ProtocolDocsRegistry } from '../../commands/protocol-docs.js';
import { CommandRegistry } from '../../commands/registry.js';
import { Settings } from '../../config/settings.js';
import { ErrorFormats } from '../../http/error-formats.js';
import { StaticFile } from '../../http/static-file.js';
import { SocketEndpoints } from '../../realtime/endpoints.js';
import { EventRegistry } from '../../realtime/events.js';
import { buildAsyncApi } from './document.js';

/** The AsyncAPI document of this server, made when somebody first asks for it. */
@Injectable()
export class AsyncDocument {
  readonly file = new StaticFile({
    type: 'application/json; charset=utf-8',
    read: () => Promise.resolve(JSON.stringify(this.build())),
  });

  constructor(
    private readonly commands: CommandRegistry,
    private readonly events: EventRegistry,
    private readonly docs: ProtocolDocsRegistry,
    private readonly endpoints: SocketEndpoints,
    private readonly formats: ErrorFormats,
    private readonly settings: Settings,
    private readonly http: HttpAdapterHost,
  ) {}

  private build(): object {
    const { commands, events, docs, endpoints, formats, settings } = this;
    return buildAsyncApi({ commands, events, docs, endpoints, formats, settings }, this.address());
  }

  /** Without a PUBLIC_URL, where it listens: PORT may be 0. */
  private address(): URL {
    const { PUBLIC_URL, HOST } = this.settings;
    if (PUBLIC_URL !== undefined) return new URL(PUBLIC_URL);
    const { port } = (this.http.httpAdapter.getHttpServer() as { address(): AddressInfo }).address();
    const host = ['0.0.0.0', '::'].includes(HOST) ? 'localhost' : HOST.includes(':') ? `[${HOST}]` : HOST;
    return new URL(`http://${host}:${port}`);
  }
}

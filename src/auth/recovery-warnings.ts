import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Settings } from '../config/settings.js';

/** Says at the start of a server, not of a command, where recovery links will lead nowhere: no request would ever fail for it. */
@Injectable()
export class RecoveryWarnings implements OnApplicationBootstrap {
  private readonly log = new Logger('Recovery');

  constructor(
    private readonly settings: Settings,
    private readonly host: HttpAdapterHost,
  ) {}

  onApplicationBootstrap(): void {
    // Commands have no HTTP server.
    if (!this.host.httpAdapter) return;
    const { SMTP_URL, PUBLIC_URL, PORT, PROTOCOLS } = this.settings;
    if (SMTP_URL && !PUBLIC_URL) {
      this.log.warn(`Links in mails begin with http://localhost:${PORT}, which nobody else can open; set PUBLIC_URL`);
    }
    if (!PROTOCOLS.includes('rest')) {
      this.log.warn('The page /recover, to which recovery links lead, is not served; add rest to PROTOCOLS');
    }
  }
}

import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Settings } from '../../config/settings.js';
import { CoreError } from '../../errors/catalogue.js';
import { BasePath } from '../../http/base-path.js';
import { isLocal, OriginPolicy } from '../../http/origins.js';

const NAME = 'refresh_token';
const PATH = '/api/v1/auth';

/** The cookie in which this protocol keeps the refresh token, so that its bodies stay as documented. */
@Injectable()
export class RefreshCookie {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly origins: OriginPolicy,
    private readonly settings: Settings,
    private readonly base: BasePath,
  ) {}

  /** A foreign page that logs its visitor in as somebody else gets no cookie set. */
  set(request: FastifyRequest, reply: FastifyReply, token: string): void {
    if (!this.isOurs(request)) return;
    this.host.httpAdapter.setCookie(reply, NAME, token, { ...this.attributes(request), maxAge: this.settings.SESSION_TTL });
  }

  clear(request: FastifyRequest, reply: FastifyReply): void {
    this.host.httpAdapter.clearCookie(reply, NAME, this.attributes(request));
  }

  /**
   * The token of the cookie. The cookie comes along by itself, so a foreign page must not be able to use it: SameSite keeps
   * other sites away, and the origin check other origins of the same site.
   * @throws CoreError `bad_refresh_token`, `forbidden`
   */
  read(request: FastifyRequest): string {
    if (!this.isOurs(request)) throw new CoreError('forbidden');
    const token = this.find(request);
    if (token === null) throw new CoreError('bad_refresh_token');
    return token;
  }

  /** The same; null where there is no cookie that the page may use. */
  find(request: FastifyRequest): string | null {
    if (!this.isOurs(request)) return null;
    return /(?:^|;\s*)refresh_token=([A-Za-z0-9._~-]{1,512})(?:;|$)/.exec(request.headers.cookie ?? '')?.[1] ?? null;
  }

  private isOurs(request: FastifyRequest): boolean {
    return this.origins.allows(request.headers.origin, request.host);
  }

  private attributes(request: FastifyRequest) {
    return {
      path: this.base.at(PATH),
      httpOnly: true,
      sameSite: 'strict',
      secure: request.protocol === 'https' || !isLocal(request.host),
    } as const;
  }
}

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
    if (!this.origins.allows(request.raw)) return;
    this.host.httpAdapter.setCookie(reply, NAME, token, { ...this.attributes(request), maxAge: this.settings.SESSION_TTL });
  }

  clear(request: FastifyRequest, reply: FastifyReply): void {
    this.host.httpAdapter.clearCookie(reply, NAME, this.attributes(request));
  }

  /**
   * The token of the cookie. The cookie comes along by itself, so a foreign page must not be able to use it: SameSite keeps
   * other sites away, and the origin check other origins of the same site.
   * @throws CoreError `bad_refresh_token`, `origin_not_allowed`
   */
  read(request: FastifyRequest): string {
    this.origins.check(request.raw);
    const token = this.find(request);
    if (token === null) throw new CoreError('bad_refresh_token');
    return token;
  }

  /** The same; null where there is no cookie that the page may use. */
  find(request: FastifyRequest): string | null {
    if (!this.origins.allows(request.raw)) return null;
    return /(?:^|;\s*)refresh_token=([A-Za-z0-9._~-]{1,512})(?:;|$)/.exec(request.headers.cookie ?? '')?.[1] ?? null;
  }

  private attributes(request: FastifyRequest) {
    return {
      path: this.base.at(PATH),
      httpOnly: true,
      sameSite: 'strict',
      secure: this.isSecure(request),
    } as const;
  }

  /** What reached a proxy by TLS may reach us in the clear; PUBLIC_URL knows. */
  private isSecure({ protocol, host }: FastifyRequest): boolean {
    if (protocol === 'https') return true;
    const { PUBLIC_URL: url } = this.settings;
    return url === undefined ? !isLocal(host) : new URL(url).protocol === 'https:';
  }
}

import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';

/** Where our own paths begin: a public path that begins like one of them cannot be told from it. */
const OWN =
  /^\/(?:\.well-known|api|asyncapi|asyncapi\.json|auth|console|docs|health|metrics|openapi\.json|recover|redoc|register|socket\.io|v1|ws)(?:\/|$)/;

/** The path of a PUBLIC_URL, without a slash at its end: `/app`, or nothing. */
const pathOf = ({ PUBLIC_URL }: Pick<Settings, 'PUBLIC_URL'>): string =>
  PUBLIC_URL === undefined ? '' : new URL(PUBLIC_URL).pathname.replace(/\/+$/, '');

/** The path under which browsers reach this server, below which everything lies that pages, links and cookies name. */
@Injectable()
export class BasePath {
  /** `/app`, or nothing. */
  readonly path: string;

  constructor(settings: Settings) {
    this.path = pathOf(settings);
  }

  /** @param path of ours, with a slash at its beginning */
  at(path: string): string {
    return `${this.path}${path}`;
  }
}

/**
 * Takes the public path off what a request asks for, where the proxy in front has left it there: not every proxy can take it away, and
 * without a proxy nobody does.
 */
export function publicPathRemover(settings: Pick<Settings, 'PUBLIC_URL'>): (request: IncomingMessage) => void {
  const base = pathOf(settings);
  if (base === '' || OWN.test(base)) return () => undefined;
  return (request) => {
    const { url = '' } = request;
    if (!url.startsWith(base)) return;
    const rest = url.slice(base.length);
    if (rest === '' || /^[/?]/.test(rest)) request.url = rest.startsWith('/') ? rest : `/${rest}`;
  };
}

import { readFile } from 'node:fs/promises';
import { Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../../http/access.js';
import { BasePath } from '../../../http/base-path.js';
import { escapeHtml } from '../../../http/escape-html.js';
import { ProtocolController } from '../../../http/protocol-controller.js';
import { Documented, Undocumented } from '../../../http/route-docs.js';
import { StaticFile } from '../../../http/static-file.js';
import { languageOf, RECOVER_TEXTS } from './recover-texts.js';

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

const ours = (name: string) => readFile(new URL(name, import.meta.url), 'utf8');

/** @param base the path under which browsers reach this server */
const page = (texts: Readonly<Record<string, string>>, base: string): StaticFile =>
  new StaticFile({
    type: 'text/html; charset=utf-8',
    headers: HEADERS,
    read: async () =>
      (await ours('recover.html')).replace(/\{\{(\w+)\}\}/g, (_all, name: string) =>
        escapeHtml(name === 'base' ? base : (texts[name] ?? '')),
      ),
  });

const SCRIPT = new StaticFile({ type: 'text/javascript; charset=utf-8', read: () => ours('recover.client.js') });
const STYLE = new StaticFile({ type: 'text/css; charset=utf-8', read: () => ours('recover.css') });

/** Where the link of a recovery mail leads: a page that sets a new password. */
@ProtocolController('rest', 'recover')
export class RestRecoverPageController {
  private readonly pages: Readonly<Record<'en' | 'ru', StaticFile>>;

  constructor({ path }: BasePath) {
    this.pages = { en: page(RECOVER_TEXTS.en, path), ru: page(RECOVER_TEXTS.ru, path) };
  }

  @Get()
  @Public()
  @Documented({
    tag: 'rest: auth',
    summary: 'The page to which recovery mails lead',
    description:
      'Sets a new password with the token of its address, by `POST /api/v1/auth/reset`. In English or Russian, by `Accept-Language`.',
    answer: { description: 'The page', type: 'text/html', example: '<!doctype html>…' },
    otherAnswers: [{ status: 304, description: 'It is as the client has it already (`If-None-Match`)' }],
  })
  async page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    void reply.header('vary', 'Accept-Language');
    await this.pages[languageOf(request.headers['accept-language'])].send(request, reply);
  }

  @Get('recover.js')
  @Public()
  @Undocumented()
  script(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return SCRIPT.send(request, reply);
  }

  @Get('recover.css')
  @Public()
  @Undocumented()
  style(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return STYLE.send(request, reply);
  }
}

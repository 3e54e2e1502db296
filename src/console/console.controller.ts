import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CoreError } from '../errors/catalogue.js';
import { Public } from '../http/access.js';
import { BasePath } from '../http/base-path.js';
import { Documented, Undocumented } from '../http/route-docs.js';
import { ConsoleFiles } from './console-files.js';

/** Serves the console that `web/` builds. */
@Controller()
export class ConsoleController {
  private readonly files = new ConsoleFiles();

  constructor(private readonly base: BasePath) {}

  @Get()
  @Public()
  @Documented({
    tag: 'server',
    summary: 'The console: chats, accounts, and what superusers see',
    answer: { description: 'The page', type: 'text/html', example: '<!doctype html>…' },
  })
  async page(@Res() reply: FastifyReply): Promise<void> {
    const { html, headers } = await this.files.page(this.base.path);
    void reply.headers(headers).type('text/html; charset=utf-8').send(html);
  }

  @Get('console/:name')
  @Public()
  @Undocumented()
  async asset(@Param('name') name: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const file = await this.files.asset(name);
    if (!file) throw new CoreError('not_found');
    return file.send(request, reply);
  }
}

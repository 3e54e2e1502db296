import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CoreError } from '../errors/catalogue.js';
import { Public } from '../http/access.js';
import { BasePath } from '../http/base-path.js';
import { Documented, Undocumented } from '../http/route-docs.js';
import { AsyncDocument } from './asyncapi/async-document.js';
import { ApiDocument } from './openapi/api-document.js';
import { PAGE_ASSETS, pagesBelow } from './pages/page-files.js';

const FRESH = { status: 304, description: 'It is as the client has it already (`If-None-Match`)' };
const PAGE = { description: 'The page', type: 'text/html', example: '<!doctype html>…' };

const ANY_OBJECT = { type: 'object', additionalProperties: true };
const INFO = {
  type: 'object',
  properties: { title: { type: 'string' }, version: { type: 'string' } },
  required: ['title', 'version'],
  additionalProperties: true,
};

/** The documentation that the server serves about itself. */
@Controller()
export class DocsController {
  private readonly pages: ReturnType<typeof pagesBelow>;

  constructor(
    private readonly document: ApiDocument,
    private readonly sockets: AsyncDocument,
    base: BasePath,
  ) {
    this.pages = pagesBelow(base.path);
  }

  @Get('openapi.json')
  @Public()
  @Documented({
    tag: 'server',
    summary: 'This document',
    answer: {
      description: 'OpenAPI 3.1',
      schema: {
        type: 'object',
        properties: { openapi: { type: 'string' }, info: INFO, paths: ANY_OBJECT },
        required: ['openapi', 'info', 'paths'],
        additionalProperties: true,
      },
      example: { openapi: '3.1.1', info: { title: 'Switchboard', version: '1.0' }, paths: {} },
    },
    otherAnswers: [FRESH],
  })
  openApi(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.document.file.send(request, reply);
  }

  @Get('docs')
  @Public()
  @Documented({ tag: 'server', summary: 'This document to try out, by Swagger UI', answer: PAGE, otherAnswers: [FRESH] })
  docs(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.pages.docs.send(request, reply);
  }

  @Get('redoc')
  @Public()
  @Documented({ tag: 'server', summary: 'This document to read, by ReDoc', answer: PAGE, otherAnswers: [FRESH] })
  redoc(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.pages.redoc.send(request, reply);
  }

  @Get('asyncapi.json')
  @Public()
  @Documented({
    tag: 'server',
    summary: 'The document of the sockets',
    answer: {
      description: 'AsyncAPI 3.0',
      schema: {
        type: 'object',
        properties: { asyncapi: { type: 'string' }, info: INFO, channels: ANY_OBJECT, operations: ANY_OBJECT },
        required: ['asyncapi', 'info', 'channels', 'operations'],
        additionalProperties: true,
      },
      example: { asyncapi: '3.0.0', info: { title: 'Switchboard sockets', version: '1.0' }, channels: {}, operations: {} },
    },
    otherAnswers: [FRESH],
  })
  asyncApi(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.sockets.file.send(request, reply);
  }

  @Get('asyncapi')
  @Public()
  @Documented({ tag: 'server', summary: 'The document of the sockets to read', answer: PAGE, otherAnswers: [FRESH] })
  asyncApiPage(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.pages.asyncapi.send(request, reply);
  }

  @Get('docs/assets/:name')
  @Public()
  @Undocumented()
  asset(@Param('name') name: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const file = PAGE_ASSETS.get(name);
    if (!file) throw new CoreError('not_found');
    return file.send(request, reply);
  }
}

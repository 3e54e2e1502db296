import { Module } from '@nestjs/common';
import { CommandsModule } from '../commands/commands.module.js';
import { AsyncDocument } from './asyncapi/async-document.js';
import { DocsController } from './docs.controller.js';
import { ApiDocument } from './openapi/api-document.js';

/** The documentation that the server serves about itself: `/openapi.json`, `/docs`, `/redoc`, and of its sockets `/asyncapi.json`, `/asyncapi`. */
@Module({
  imports: [CommandsModule],
  controllers: [DocsController],
  providers: [ApiDocument, AsyncDocument],
  exports: [ApiDocument],
})
export class DocsModule {}

import { Module } from '@nestjs/common';
import { CommandsModule } from '../commands/commands.module.js';
import { DocsController } from './docs.controller.js';
import { ApiDocument } from './openapi/api-document.js';

/** The documentation that the server serves about itself: `/openapi.json`, `/docs`, `/redoc`. */
@Module({ imports: [CommandsModule], controllers: [DocsController], providers: [ApiDocument], exports: [ApiDocument] })
export class DocsModule {}

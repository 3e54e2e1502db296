import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { ErrorFormats } from '../../http/error-formats.js';
import { McpController } from './mcp.controller.js';
import { mcpErrorFormat } from './mcp.errors.js';

/** The log-in of "MCP" servers. */
@Module({ imports: [AuthModule], controllers: [McpController] })
export class McpModule {
  constructor(formats: ErrorFormats) {
    formats.register('mcp', mcpErrorFormat);
  }
}

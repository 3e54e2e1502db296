import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { CommandsModule } from '../commands/commands.module.js';
import { ModerationCommands } from './moderation.commands.js';
import { ModerationFeed } from './moderation-feed.js';
import { OpenReports } from './open-reports.js';
import { ReportCommands } from './report.commands.js';
import { ReportsService } from './reports.service.js';
import { ResolutionsService } from './resolutions.service.js';

/** Reports of messages and users, the queue of superusers, and what they do about it. */
@Module({
  imports: [CommandsModule, AuthModule],
  providers: [ModerationFeed, OpenReports, ReportsService, ResolutionsService, ReportCommands, ModerationCommands],
})
export class ModerationModule {}

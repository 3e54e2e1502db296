import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AuthModule } from '../auth/auth.module.js';
import { RawServer } from '../realtime/adapters/raw-server.js';
import { UpgradeChecks } from '../realtime/adapters/upgrade-checks.js';
import { PlainRequests } from '../realtime/adapters/plain-requests.js';
import { UpgradeGate } from '../realtime/adapters/upgrade-gate.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { ConnectionDirectory } from '../realtime/connection-directory.js';
import { Figures } from '../realtime/figures.js';
import { FramePipeline } from '../realtime/frame-pipeline.js';
import { LiveShutdown } from '../realtime/live-shutdown.js';
import { CommandRunner } from '../realtime/ports.js';
import { AccountCommands } from './account.commands.js';
import { CommandCosts } from './command-costs.js';
import { CommandMetrics } from './command-metrics.js';
import { Dispatcher } from './dispatcher.js';
import { ProtocolDocsRegistry } from './protocol-docs.js';
import { CommandRegistry } from './registry.js';
import { SystemCommands } from './system.commands.js';
import { UsageCommands } from './usage.commands.js';

/** The command core: registry and dispatcher, the commands that every protocol has, and what feeds frames to them. */
@Module({
  imports: [DiscoveryModule, AuthModule, QuotasModule],
  providers: [
    CommandRegistry,
    ProtocolDocsRegistry,
    Dispatcher,
    { provide: CommandRunner, useExisting: Dispatcher },
    CommandCosts,
    CommandMetrics,
    SystemCommands,
    AccountCommands,
    UsageCommands,
    FramePipeline,
    RawServer,
    UpgradeChecks,
    UpgradeGate,
    PlainRequests,
    LiveShutdown,
    // Not in RealtimeModule, which the command line has, too: what answers the questions of nodes is one.
    ConnectionDirectory,
    Figures,
  ],
  exports: [CommandRegistry, ProtocolDocsRegistry, Dispatcher, CommandCosts, FramePipeline, ConnectionDirectory, Figures],
})
export class CommandsModule {}

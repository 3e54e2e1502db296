import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { CommandsModule } from '../../commands/commands.module.js';
import { ProtocolDocsRegistry } from '../../commands/protocol-docs.js';
import { CoreError } from '../../errors/catalogue.js';
import { ErrorFormats } from '../../http/error-formats.js';
import { QuotasModule } from '../../quotas/quotas.module.js';
import { SocketEndpoints } from '../../realtime/endpoints.js';
import { UsersModule } from '../../users/users.module.js';
import { lengthOf } from '../../validation/fields.js';
import { RestAuditController } from './audit.controller.js';
import { RestAuthController } from './auth.controller.js';
import { RestChatsController } from './chats.controller.js';
import { ClientIds } from './client-ids.js';
import { RestCommandRunner } from './command-runner.js';
import { RestCommandsController } from './commands.controller.js';
import { RestContactsController } from './contacts.controller.js';
import { RestRequestsController } from './requests.controller.js';
import { RestConnectionsController } from './connections.controller.js';
import { RestMessagesController } from './messages.controller.js';
import { RestRecoverPageController } from './recover-page/recover-page.controller.js';
import { RefreshCookie } from './refresh-cookie.js';
import { RestFiguresController } from './figures.controller.js';
import { restCodec } from './rest.codec.js';
import { restDocs } from './rest.docs.js';
import { restErrorFormat } from './rest.errors.js';
import { RestReportsController } from './reports.controller.js';
import { RestSessionsController } from './sessions.controller.js';
import { RestSuspensionController } from './suspension.controller.js';
import { RestUsageController } from './usage.controller.js';
import { RestUsersController } from './users.controller.js';

const MAX_CLIENT_ID = 128;

/** @throws CoreError `invalid_input`: 1 to 128 characters, no control characters */
function clientIdOf({ client_id: id }: Readonly<Record<string, string | undefined>>): string {
  const isGood = id !== undefined && id.length > 0 && lengthOf(id) <= MAX_CLIENT_ID && id.isWellFormed() && !/\p{Cc}/u.test(id);
  if (isGood) return id;
  const issue = {
    loc: ['path', 'client_id'],
    msg: 'string contains characters that are not allowed, or is too long',
    type: 'value_error.str.regex',
  };
  throw new CoreError('invalid_input', { issues: [issue] });
}

/** The web API: accounts, users, sessions, commands over HTTP, and WebSockets that may be anonymous. */
@Module({
  imports: [AuthModule, UsersModule, CommandsModule, QuotasModule],
  controllers: [
    RestAuthController,
    RestUsersController,
    RestUsageController,
    RestSessionsController,
    RestConnectionsController,
    RestAuditController,
    RestFiguresController,
    RestChatsController,
    RestRequestsController,
    RestContactsController,
    RestMessagesController,
    RestReportsController,
    RestSuspensionController,
    RestCommandsController,
    RestRecoverPageController,
  ],
  providers: [ClientIds, RefreshCookie, RestCommandRunner],
})
export class RestModule {
  constructor(formats: ErrorFormats, endpoints: SocketEndpoints, clientIds: ClientIds, docs: ProtocolDocsRegistry) {
    docs.register(restDocs);
    formats.register('rest', restErrorFormat, { byDefault: true });
    endpoints.register({
      protocol: 'rest',
      paths: ['/api/v1/ws/:client_id', '/ws/:client_id'],
      codec: restCodec,
      token: 'lenient',
      rules: clientIds,
      clientId: clientIdOf,
    });
  }
}

import { Delete, Get, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Audit } from '../../auth/audit.js';
import { CoreError } from '../../errors/catalogue.js';
import { SelfOrSuperuser, Superuser } from '../../http/access.js';
import { AsksDatabase } from '../../http/database-lane.js';
import { PathId, ValidQuery } from '../../http/input.js';
import { ProtocolController } from '../../http/protocol-controller.js';
import { originOf, sessionOf } from '../../http/request.js';
import { Documented } from '../../http/route-docs.js';
import { ConnectionDirectory, type ConnectionFilter, type ConnectionRecord } from '../../realtime/connection-directory.js';
import { UsersService } from '../../users/users.service.js';
import { RestConnectionsQuery, RestOwnConnectionsQuery } from './admin.dto.js';
import { CONNECTION_EXAMPLE, CONNECTION_SCHEMA, MISSING_HEADER } from './admin.schemas.js';
import { tellMissing } from './missing-nodes.js';
import { listOf, MESSAGE_SCHEMA } from './rest.schemas.js';

const LIST = {
  description: 'Those of every node, newest first',
  schema: listOf(CONNECTION_SCHEMA),
  example: [CONNECTION_EXAMPLE],
  headers: { 'X-Total-Count': 'How many there are, listed or not', ...MISSING_HEADER },
};
const CLOSED = {
  description: 'It has been told why, and is closed',
  schema: MESSAGE_SCHEMA,
  example: { message: 'Connection closed' },
};
/** Ids as the server makes them. */
const ID = /^[\w-]{1,64}$/;

/** Live connections of every protocol, on every node. */
@ProtocolController('rest', 'api/v1')
export class RestConnectionsController {
  constructor(
    private readonly directory: ConnectionDirectory,
    private readonly audit: Audit,
    private readonly users: UsersService,
  ) {}

  @Get('connections')
  @Superuser()
  @Documented({ summary: 'List live connections', query: RestConnectionsQuery, answer: LIST })
  list(
    @ValidQuery(RestConnectionsQuery) query: RestConnectionsQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<readonly ConnectionRecord[]> {
    const { user_id: userId, protocol, limit } = query;
    return this.listOf({ userId, protocol }, limit, reply);
  }

  @Get('users/:user_id/connections')
  @SelfOrSuperuser()
  @Documented({
    summary: "List a user's live connections",
    query: RestOwnConnectionsQuery,
    answer: LIST,
    errors: ['not_found'],
  })
  async listOfUser(
    @PathId('user_id') userId: number,
    @ValidQuery(RestOwnConnectionsQuery) { protocol, limit }: RestOwnConnectionsQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<readonly ConnectionRecord[]> {
    if (sessionOf(request).userId !== userId && !(await this.users.find(userId))) throw new CoreError('not_found');
    return this.listOf({ userId, protocol }, limit, reply);
  }

  @Delete('connections/:id')
  @AsksDatabase()
  @Superuser()
  @Documented({
    summary: 'Close a live connection',
    description: 'Its session goes on: end that one to keep the client out.',
    answer: CLOSED,
    errors: ['not_found'],
  })
  close(@Param('id') id: string, @Req() request: FastifyRequest): Promise<{ message: string }> {
    return this.closeOf(id, null, request);
  }

  @Delete('users/:user_id/connections/:id')
  @AsksDatabase()
  @SelfOrSuperuser()
  @Documented({
    summary: "Close one of a user's live connections",
    description: 'Its session goes on: end that one to keep the client out.',
    answer: CLOSED,
    errors: ['not_found'],
  })
  closeOfUser(
    @PathId('user_id') userId: number,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<{ message: string }> {
    return this.closeOf(id, userId, request);
  }

  private async listOf(filter: ConnectionFilter, limit: number, reply: FastifyReply): Promise<readonly ConnectionRecord[]> {
    const { records, total, missing } = await this.directory.list(filter, limit);
    void reply.header('x-total-count', total);
    tellMissing(reply, missing);
    return records;
  }

  private async closeOf(id: string, userId: number | null, request: FastifyRequest): Promise<{ message: string }> {
    const found = ID.test(id) ? await this.directory.find(id, userId) : null;
    if (!found) throw new CoreError('not_found');
    const { protocol, session_id } = found;
    // Before the deed: nothing is done that is not in the log. What is gone by itself meanwhile is closed, too.
    await this.audit.write(null, {
      action: 'connection_closed',
      actorId: sessionOf(request).userId,
      userId: found.user_id,
      origin: originOf(request),
      details: { connection_id: id, protocol, session_id },
    });
    await this.directory.close(id, userId);
    return { message: 'Connection closed' };
  }
}

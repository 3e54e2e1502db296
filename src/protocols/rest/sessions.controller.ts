import { Delete, Get, Param, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { SessionsService } from '../../auth/sessions.service.js';
import { CoreError } from '../../errors/catalogue.js';
import { SelfOrSuperuser } from '../../http/access.js';
import type { LiveSession } from '../../identity/identity.js';
import { printTime } from '../../identity/print-time.js';
import { AsksDatabase } from '../../http/database-lane.js';
import { PathId } from '../../http/input.js';
import { ProtocolController } from '../../http/protocol-controller.js';
import { sessionOf, originOf } from '../../http/request.js';
import { Documented } from '../../http/route-docs.js';
import { ClientLinks } from '../../users/client-links.js';
import { UsersService } from '../../users/users.service.js';
import { fitting } from '../../validation/answer-size.js';
import { ClientIds } from './client-ids.js';
import { CLIENT_EXAMPLE, CLIENT_SCHEMA, listOf, MESSAGE_SCHEMA, SESSION_EXAMPLE, SESSION_SCHEMA } from './rest.schemas.js';

const reasonOf = (userId: number, by: LiveSession) => (by.userId === userId ? 'ended_by_user' : 'ended_by_superuser');
const ENDED = { description: 'Over, with its tokens and sockets', schema: MESSAGE_SCHEMA };

/** A user's sessions, whatever protocol opened them, and the ids of its WebSocket clients. */
@ProtocolController('rest', 'api/v1/users/:user_id')
export class RestSessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly links: ClientLinks,
    private readonly clientIds: ClientIds,
    private readonly users: UsersService,
  ) {}

  @Get('sessions')
  @AsksDatabase()
  @SelfOrSuperuser()
  @Documented({
    summary: "List a user's sessions",
    answer: { description: 'Those that are alive, newest first', schema: listOf(SESSION_SCHEMA), example: [SESSION_EXAMPLE] },
    errors: ['not_found'],
  })
  async list(@PathId('user_id') userId: number, @Req() request: FastifyRequest): Promise<readonly object[]> {
    const by = sessionOf(request);
    await this.find(userId, by);
    const sessions = await this.sessions.list(userId);
    return fitting(sessions.map((session) => ({ ...session, current: session.id === by.id })));
  }

  @Delete('sessions/:id')
  @AsksDatabase()
  @SelfOrSuperuser()
  @Documented({
    summary: 'End one session',
    answer: { ...ENDED, example: { message: 'Session ended successfully' } },
    errors: ['not_found'],
  })
  async end(
    @PathId('user_id') userId: number,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<{ message: string }> {
    const by = sessionOf(request);
    const isEnded = await this.sessions.revokeOf(userId, id, reasonOf(userId, by), by, originOf(request));
    if (!isEnded) throw new CoreError('not_found');
    return { message: 'Session ended successfully' };
  }

  @Delete('sessions')
  @AsksDatabase()
  @SelfOrSuperuser()
  @Documented({
    summary: "End all of a user's sessions",
    description: 'The one that asks is ended, too.',
    answer: { ...ENDED, example: { message: 'Sessions ended successfully' } },
    errors: ['not_found'],
  })
  async endAll(@PathId('user_id') userId: number, @Req() request: FastifyRequest): Promise<{ message: string }> {
    const by = sessionOf(request);
    await this.find(userId, by);
    await this.sessions.revokeAll(userId, reasonOf(userId, by), by, originOf(request));
    return { message: 'Sessions ended successfully' };
  }

  @Get('clients')
  @AsksDatabase()
  @SelfOrSuperuser()
  @Documented({
    summary: "List the ids of a user's WebSocket clients",
    answer: { description: 'Newest first', schema: listOf(CLIENT_SCHEMA), example: [CLIENT_EXAMPLE] },
    errors: ['not_found'],
  })
  async listClients(@PathId('user_id') userId: number, @Req() request: FastifyRequest): Promise<readonly object[]> {
    await this.find(userId, sessionOf(request));
    const links = await this.links.list(userId);
    const online = await this.clientIds.onlineOf(
      userId,
      links.map(({ clientId }) => clientId),
    );
    return fitting(
      links.map(({ clientId, firstSeen, lastSeen }) => ({
        client_id: clientId,
        first_seen: printTime(firstSeen),
        last_seen: printTime(lastSeen),
        online: online.has(clientId),
      })),
    );
  }

  /** @throws CoreError `not_found`; whoever asks for its own things is there */
  private async find(userId: number, by: LiveSession): Promise<void> {
    if (by.userId !== userId && !(await this.users.find(userId))) throw new CoreError('not_found');
  }
}

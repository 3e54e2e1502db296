import { Delete, Get, HttpCode, Post, Put, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccountsService } from '../../auth/accounts.service.js';
import { RecoveryService } from '../../auth/recovery.service.js';
import { CoreError } from '../../errors/catalogue.js';
import { BasePath } from '../../http/base-path.js';
import { SelfOrSuperuser, Superuser } from '../../http/access.js';
import { AsksDatabase, type RequestCost } from '../../http/database-lane.js';
import { PathId, ValidBody, ValidQuery } from '../../http/input.js';
import { ProtocolController } from '../../http/protocol-controller.js';
import { sessionOf, originOf } from '../../http/request.js';
import { Documented } from '../../http/route-docs.js';
import type { AdminUserRecord, UserRecord } from '../../users/user-record.js';
import { UsersService } from '../../users/users.service.js';
import { RestCreateUserBody, RestUpdateUserBody, RestUsersQuery } from './rest.dto.js';
import { ADMIN_USER_SCHEMA, USER_EXAMPLE, USER_SCHEMA } from '../../users/user-schema.js';
import { listOf, MESSAGE_SCHEMA } from './rest.schemas.js';

const USER = { description: 'The user', schema: USER_SCHEMA, example: USER_EXAMPLE };
const ADMIN_USER = { ...USER, schema: ADMIN_USER_SCHEMA };

const DELETED = { message: 'User deleted successfully' };

const CHANGES = [
  'All fields are optional, and those that are as they were count as left out: what was read can be written back. null clears `full_name`',
  'only. A new password ends all other sessions.',
].join(' ');

/** Accounts that a request may skip for the price of one more; with `q` each of them has to be read. */
const SKIPPED_PER_REQUEST = { all: 250_000, found: 25_000 };

/** A query parameter as it came; the last one counts. */
const lastOf = (value: unknown): unknown => [value].flat().at(-1);
const costOfPage: RequestCost = ({ skip, q }) => Number(lastOf(skip)) / SKIPPED_PER_REQUEST[lastOf(q) ? 'found' : 'all'];

/** Users: everyone's own record, and all of them for superusers. */
@ProtocolController('rest', 'api/v1/users')
export class RestUsersController {
  constructor(
    private readonly users: UsersService,
    private readonly accounts: AccountsService,
    private readonly recovery: RecoveryService,
    private readonly base: BasePath,
  ) {}

  @Get()
  @AsksDatabase(costOfPage)
  @Superuser()
  @Documented({
    summary: 'List users, in the order of their ids',
    description: 'Follow the `Link` header rather than counting `skip` up: its pages cost the same however deep.',
    query: RestUsersQuery,
    answer: {
      description: 'A page of users',
      schema: listOf(ADMIN_USER_SCHEMA),
      example: [USER_EXAMPLE],
      headers: {
        'X-Total-Count': 'How many users there are; left out with `q`',
        Link: '<…>; rel="next", where more users follow',
      },
    },
  })
  async list(@ValidQuery(RestUsersQuery) query: RestUsersQuery, @Res() reply: FastifyReply): Promise<void> {
    const page = await this.users.page(query);
    if (page.total !== null) void reply.header('x-total-count', page.total);
    if (page.nextAfter !== null) {
      const next = new URLSearchParams({
        limit: String(query.limit),
        after: String(page.nextAfter),
        ...(query.q ? { q: query.q } : {}),
      });
      void reply.header('link', `<${this.base.at('/api/v1/users/')}?${next.toString()}>; rel="next"`);
    }
    // The database has made the JSON already.
    void reply.type('application/json; charset=utf-8').send(page.json);
  }

  @Post()
  @AsksDatabase()
  @Superuser()
  @HttpCode(200)
  @Documented({ summary: 'Make a user', body: RestCreateUserBody, answer: USER, errors: ['taken'] })
  create(@ValidBody(RestCreateUserBody) body: RestCreateUserBody, @Req() request: FastifyRequest): Promise<UserRecord> {
    const { full_name: fullName = null, is_active: isActive, is_superuser: isSuperuser, ...rest } = body;
    return this.accounts.create({ ...rest, fullName, isActive, isSuperuser }, sessionOf(request), originOf(request));
  }

  @Get('me')
  @Documented({ summary: 'The user who asks', answer: USER })
  me(@Req() request: FastifyRequest): Promise<UserRecord> {
    return this.find(sessionOf(request).userId);
  }

  @Put('me')
  @AsksDatabase()
  @Documented({
    summary: 'Change the user who asks',
    description: CHANGES,
    body: RestUpdateUserBody,
    answer: ADMIN_USER,
    errors: ['forbidden', 'taken'],
  })
  updateMe(@ValidBody(RestUpdateUserBody) body: RestUpdateUserBody, @Req() request: FastifyRequest): Promise<AdminUserRecord> {
    return this.update(sessionOf(request).userId, body, request);
  }

  @Delete('me')
  @AsksDatabase()
  @Documented({
    summary: 'Delete the user who asks',
    answer: { description: 'Gone, with all sessions', schema: MESSAGE_SCHEMA, example: DELETED },
    errors: ['forbidden'],
  })
  removeMe(@Req() request: FastifyRequest): Promise<{ message: string }> {
    return this.remove(sessionOf(request).userId, request);
  }

  @Get(':user_id')
  @SelfOrSuperuser()
  @Documented({ summary: 'A user', answer: ADMIN_USER, errors: ['not_found'] })
  async read(@PathId('user_id') userId: number, @Req() request: FastifyRequest): Promise<AdminUserRecord> {
    if (!sessionOf(request).isSuperuser) return this.find(userId);
    const user = await this.users.findForAdmin(userId);
    if (!user) throw new CoreError('not_found');
    return user;
  }

  @Put(':user_id')
  @AsksDatabase()
  @SelfOrSuperuser()
  @Documented({
    summary: 'Change a user',
    description: CHANGES,
    body: RestUpdateUserBody,
    answer: ADMIN_USER,
    errors: ['not_found', 'taken'],
  })
  update(
    @PathId('user_id') userId: number,
    @ValidBody(RestUpdateUserBody) body: RestUpdateUserBody,
    @Req() request: FastifyRequest,
  ): Promise<AdminUserRecord> {
    return this.accounts.update(userId, body, sessionOf(request), originOf(request));
  }

  @Delete(':user_id')
  @AsksDatabase()
  @SelfOrSuperuser()
  @Documented({
    summary: 'Delete a user',
    answer: { description: 'Gone, with all sessions', schema: MESSAGE_SCHEMA, example: DELETED },
    errors: ['not_found'],
  })
  async remove(@PathId('user_id') userId: number, @Req() request: FastifyRequest): Promise<{ message: string }> {
    await this.accounts.remove(userId, sessionOf(request), originOf(request));
    return DELETED;
  }

  @Post(':user_id/reset-password')
  @AsksDatabase()
  @Superuser()
  @HttpCode(200)
  @Documented({
    summary: 'Make a one-time token with which the user sets a new password',
    description: 'Hand it over yourself; it goes into `/api/v1/auth/reset`. All sessions of the user end now.',
    answer: {
      description: 'The token, and for how many seconds it is good',
      schema: {
        type: 'object',
        properties: { token: { type: 'string' }, expires_in: { type: 'integer' } },
        required: ['token', 'expires_in'],
      },
      example: { token: 'the one-time token', expires_in: 600 },
    },
    errors: ['not_found'],
  })
  resetPassword(
    @PathId('user_id') userId: number,
    @Req() request: FastifyRequest,
  ): Promise<{ token: string; expires_in: number }> {
    return this.recovery.issueByOwner(userId, sessionOf(request), originOf(request));
  }

  private async find(userId: number): Promise<UserRecord> {
    const user = await this.users.find(userId);
    if (!user) throw new CoreError('not_found');
    return user;
  }
}

import { Body, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { commandFault } from '../../commands/command-frame.js';
import { Dispatcher } from '../../commands/dispatcher.js';
import { coreErrorOf } from '../../errors/core-error-of.js';
import { Public } from '../../http/access.js';
import { httpAnswer } from '../../http/error-formats.js';
import { refuseKey } from '../../http/idempotency.guard.js';
import { ProtocolController } from '../../http/protocol-controller.js';
import { originOf } from '../../http/request.js';
import { Documented } from '../../http/route-docs.js';
import { FaultLog } from '../../errors/fault-log.js';
import { restErrorFormat } from './rest.errors.js';

/** Every command of the sockets over plain HTTP. The dispatcher decides who may call it, as it does for every transport. */
@ProtocolController('rest', 'api/v1/commands')
export class RestCommandsController {
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly faults: FaultLog,
  ) {}

  @Post(':domain/:command')
  @Public()
  @HttpCode(200)
  @Documented({
    summary: 'Run a command',
    credentials: ['token'],
    isAnonymousAllowed: true,
    refusesKey: true,
    description: 'The body is the payload; the answer is the `response` frame of the sockets without `type` and `v`.',
    answer: {
      description: 'The answer of the command',
      schema: {
        type: 'object',
        properties: { request_id: { type: 'string' }, success: { const: true }, data: { type: 'object' } },
        required: ['request_id', 'success', 'data'],
      },
      example: { request_id: '2f1c…', success: true, data: { sent_at: 1735689600, server_time: 1735689601 } },
    },
    errors: ['unknown_command', 'invalid_input', 'conflict'],
  })
  async run(
    @Param('domain') domain: string,
    @Param('command') name: string,
    @Body() payload: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    try {
      refuseKey(request);
      if (request.identityFault) throw request.identityFault;
      const caller = { identity: request.identity, origin: originOf(request), connection: null };
      const data = await this.dispatcher.run({ domain, name, payload: payload ?? {} }, caller);
      return { request_id: request.id, success: true, data: data ?? {} };
    } catch (thrown) {
      const error = coreErrorOf(thrown);
      this.faults.report(error, { requestId: request.id });
      const { status, headers } = httpAnswer(restErrorFormat, error);
      void reply.status(status).headers(headers);
      return { request_id: request.id, success: false, ...commandFault(error) };
    }
  }
}

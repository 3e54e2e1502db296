import { commandFault } from '../../commands/command-frame.js';
import { weightNote } from '../../commands/command.js';
import type { CommandRegistry, RegisteredCommand } from '../../commands/registry.js';
import { CoreError, type ErrorCode } from '../../errors/catalogue.js';
import type { Access } from '../../http/access.js';
import type { HttpErrorFormat } from '../../http/error-formats.js';
import type { JsonSchema } from '../../validation/fields.js';
import { type ErrorWriter, errorResponses, errorsOf, REQUEST_ID } from './errors.js';
import { exampleOf, issuesOf } from './examples.js';
import type { Handler } from './handlers.js';
import type { Operation, PathItem, RequestBody } from './openapi.js';
import { ISSUES_SCHEMA, OPEN_OBJECT } from './schemas.js';
import { camelCase } from './operation-id.js';
import { bodyOf, type OperationParts } from './operation.js';

/** Where commands are run over plain HTTP, where the protocol that has it is served. */
export const COMMANDS_PATH = '/api/v1/commands/{domain}/{command}';

/** Refused before a command is looked for: worded by the protocol, not as the fault of a command. */
const BEFORE: ReadonlySet<ErrorCode> = new Set(['malformed', 'too_large', 'unsupported_media_type', 'too_many_requests']);
const ID = '0b9bb9a0-5c1e-4a5e-9d3c-6d0a3a1c7f10';

const FAULT_SCHEMA: JsonSchema = {
  title: 'CommandFault',
  type: 'object',
  properties: {
    request_id: { type: 'string' },
    success: { const: false },
    code: { type: 'string' },
    detail: { type: 'string' },
    errors: { ...ISSUES_SCHEMA, description: 'With `invalid_payload`: every fault of the payload' },
    retry_after: { type: 'integer', description: 'Seconds after which to try again' },
  },
  required: ['request_id', 'success', 'code', 'detail'],
};

const ACCESS: Readonly<Record<RegisteredCommand['access'], Access | undefined>> = {
  anonymous: { kind: 'public' },
  user: undefined,
  superuser: { kind: 'superuser' },
};

/**
 * The operations of the commands: the general one made complete, and one for each command that can be called without a
 * live connection, so that a new command shows by itself.
 */
export function commandPaths(
  general: Operation,
  handler: Handler,
  registry: CommandRegistry,
  parts: OperationParts,
): Record<string, PathItem> {
  const writer = faultWriter(parts.writerOf(handler.protocol), parts);
  const all = [...registry.all()].filter((command) => !command.internal).sort((a, b) => (a.fullName < b.fullName ? -1 : 1));
  const variants = all
    .filter((command) => !command.liveOnly)
    .map((command) => [pathOf(command), { post: variantOf(command, handler, writer, parts) }]);
  return {
    [COMMANDS_PATH]: { post: generalOf(general, handler, all, writer) },
    ...(Object.fromEntries(variants) as Record<string, PathItem>),
  };
}

const pathOf = ({ domain, name }: RegisteredCommand): string =>
  COMMANDS_PATH.replace('{domain}', domain).replace('{command}', name);

function generalOf(
  general: Operation,
  { protocol, docs }: Handler,
  all: readonly RegisteredCommand[],
  writer: ErrorWriter,
): Operation {
  const live = all.filter((command) => command.liveOnly).map(({ fullName, summary }) => `- \`${fullName}\`: ${summary}`);
  const errors = errorsOf({
    access: undefined,
    protocol,
    path: COMMANDS_PATH,
    method: 'post',
    isTokenOptional: true,
    errors: [...(docs?.errors ?? []), 'forbidden'],
  });
  const invalid = new CoreError('invalid_input', {
    issues: [{ loc: ['payload', 'chat_id'], msg: 'field required', type: 'value_error.missing' }],
  });
  return {
    ...general,
    description: [general.description, ...(live.length > 0 ? ['Only over a live connection:\n', ...live] : [])].join('\n'),
    requestBody: anyObject({ sent_at: 1735689600 }),
    responses: { ...general.responses, ...errorResponses([...errors, invalid], writer) },
  };
}

const anyObject = (example: object): RequestBody => ({
  content: { 'application/json': { schema: OPEN_OBJECT, example } },
});

function variantOf(command: RegisteredCommand, { protocol }: Handler, writer: ErrorWriter, parts: OperationParts): Operation {
  const { domain, name, fullName, payload, example, summary, errors = [] } = command;
  const access = ACCESS[command.access];
  const issues = payload ? issuesOf(payload, 'payload') : [];
  const faults = [
    ...errorsOf({ access, protocol, path: COMMANDS_PATH, method: 'post', errors, isTokenOptional: access?.kind === 'public' }),
    ...(issues.length > 0 ? [new CoreError('invalid_input', { issues })] : []),
  ];
  const weight = weightNote(command.weight);
  const given = example?.payload ?? (payload ? exampleOf(payload) : {});
  return {
    tags: [`commands: ${domain}`],
    operationId: camelCase('command', domain, name),
    summary,
    description: `The command \`${fullName}\`, as sockets run it.${command.access === 'superuser' ? ' For superusers.' : ''}${
      weight === undefined ? '' : ` It weighs ${weight}.`
    }`,
    // An anonymous command may still want to know who asks.
    security: [...(access?.kind === 'public' ? [{}] : []), ...parts.security.token],
    parameters: [],
    requestBody: payload ? bodyOf(payload, false, parts.schemas, given) : anyObject(given),
    responses: { ...errorResponses(faults, writer), 200: answerOf(command, parts) },
  };
}

function answerOf({ answer, example }: RegisteredCommand, { schemas }: OperationParts) {
  const data = answer ? schemas.ofAnswer(answer) : OPEN_OBJECT;
  return {
    description: 'The answer of the command',
    headers: REQUEST_ID,
    content: {
      'application/json': {
        schema: {
          type: 'object',
          properties: { request_id: { type: 'string' }, success: { const: true }, data },
          required: ['request_id', 'success', 'data'],
        },
        example: { request_id: ID, success: true, data: example?.answer ?? {} },
      },
    },
  };
}

/** Status and headers are the protocol's, the body is the fault of a command. */
function faultWriter(protocol: ErrorWriter, { schemas }: OperationParts): ErrorWriter {
  const format: HttpErrorFormat = {
    status: (error) => protocol.format.status(error),
    headers: (error) => protocol.format.headers?.(error) ?? {},
    body: (error) =>
      BEFORE.has(error.code) ? protocol.format.body(error) : { request_id: ID, success: false, ...commandFault(error) },
  };
  return {
    format,
    schema: (error, body) => (BEFORE.has(error.code) ? protocol.schema(error, body) : schemas.ofAnswer(FAULT_SCHEMA)),
  };
}

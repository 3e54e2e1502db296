import { weightNote } from '../../commands/command.js';
import type { CommandDocs, DocumentedCore } from '../../commands/protocol-docs.js';
import type { CommandRegistry, RegisteredCommand } from '../../commands/registry.js';
import type { ErrorCode } from '../../errors/catalogue.js';
import type { EventRegistry } from '../../realtime/events.js';
import type { JsonSchema } from '../../validation/fields.js';
import { type Dto, schemaOf } from '../../validation/validate.js';
import { errorsOf } from '../openapi/errors.js';
import { exampleOf, issuesOf } from '../openapi/examples.js';

/** All commands and events of the application, extensions included, with what follows from their declarations. */
export function documentedCore(registry: CommandRegistry, events: EventRegistry): DocumentedCore {
  // Of one class, one schema: the document names each once.
  const payloads = new Map<Dto, JsonSchema>();
  const payloadOf = (dto: Dto): JsonSchema => {
    const schema = payloads.get(dto) ?? { title: dto.name, ...schemaOf(dto) };
    payloads.set(dto, schema);
    return schema;
  };
  const commands = [...registry.all()].sort((a, b) => (a.fullName < b.fullName ? -1 : 1));
  return { commands: commands.map((command) => docsOf(command, payloadOf)), events: events.all() };
}

function docsOf(command: RegisteredCommand, payloadOf: (dto: Dto) => JsonSchema): CommandDocs {
  const { domain, name, fullName, summary, access, payload, answer, example } = command;
  const weight = weightNote(command.weight);
  const schema = payload ? payloadOf(payload) : { type: 'object', description: 'Nothing is read of it' };
  return {
    domain,
    name,
    fullName,
    summary,
    access,
    isInternal: command.internal ?? false,
    payload: schema,
    isPayloadOptional: !('required' in schema),
    answer: answer ?? { type: 'object' },
    example: {
      payload: { ...(example?.payload ?? (payload ? exampleOf(payload) : {})) },
      answer: example?.answer ?? {},
    },
    ...(weight === undefined ? {} : { weight }),
    errors: errorCodesOf(command),
  };
}

function errorCodesOf({ access, payload, errors }: RegisteredCommand): ErrorCode[] {
  const route = { anonymous: { kind: 'public' }, user: undefined, superuser: { kind: 'superuser' } } as const;
  const codes = errorsOf({ access: route[access], protocol: 'any', path: '', method: '', errors }).map(({ code }) => code);
  return payload && issuesOf(payload, 'payload').length > 0 ? ['invalid_input', ...codes] : codes;
}

/**
 * Makes TypeScript of what the server says of itself: `{"openapi": document, "asyncapi": document, "commands": list}` as JSON on standard
 * input becomes `{"rest-types.ts": text, "commands-types.ts": text, "events-types.ts": text}` on standard output.
 */
import { text } from 'node:stream/consumers';
import openapiTS, { astToString } from 'openapi-typescript';

const HEAD = '/** Made by `npm run client:types` from the documents of the running server. Not to be edited by hand. */\n';

/** The list of `system.commands` as a schema whose fields are the commands. */
function commandsOf(commands) {
  const properties = Object.fromEntries(
    commands.map(({ command, summary, payload, answer }) => [
      command,
      {
        type: 'object',
        description: summary,
        properties: { payload: payload ?? { type: 'object' }, answer: answer ?? { type: 'object' } },
        required: ['payload', 'answer'],
      },
    ]),
  );
  return { type: 'object', properties, required: Object.keys(properties) };
}

/** The events of the protocol `game`, whose frames bear their data as it is, as a schema whose fields are the events. */
function eventsOf({ components: { messages } }) {
  const events = Object.entries(messages).filter(
    ([key, { payload }]) => key.startsWith('game.') && payload.properties?.event?.const,
  );
  const properties = Object.fromEntries(
    events.map(([, { payload, summary }]) => {
      const { domain, event, data } = payload.properties;
      return [`${domain.const}.${event.const}`, { description: summary, allOf: [data] }];
    }),
  );
  return { type: 'object', properties, required: Object.keys(properties) };
}

/** A document of one schema, and of those that it refers to. */
function documentOf(name, schema, others = {}) {
  const schemas = { [name]: schema };
  const references = (value) =>
    [...JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, other]) => other);
  for (const waiting = references(schema); waiting.length > 0; ) {
    const other = waiting.pop();
    if (schemas[other]) continue;
    schemas[other] = others[other];
    waiting.push(...references(others[other]));
  }
  return { openapi: '3.1.0', info: { title: name, version: '1' }, paths: {}, components: { schemas } };
}

/** Examples, which are of any shape, and the headers of answers, which nobody reads by type, would make ten times as much of it. */
const LEFT_OUT = new Set(['example', 'examples', 'headers']);
/** Whose fields are named by the document, not by OpenAPI. */
const NAMES = new Set(['properties', 'schemas', 'paths']);

function bare(value, isOfNames = false) {
  if (Array.isArray(value)) return value.map((item) => bare(item));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => isOfNames || !LEFT_OUT.has(name));
  return Object.fromEntries(kept.map(([name, inner]) => [name, bare(inner, !isOfNames && NAMES.has(name))]));
}

/** What any JSON object is: without this a schema that names no fields would be a type that allows none. */
const OPTIONS = { emptyObjectsUnknown: true, defaultNonNullable: false, alphabetize: true };

const typesOf = async (document) => HEAD + astToString(await openapiTS(bare(document), OPTIONS));

const { openapi, asyncapi, commands } = JSON.parse(await text(process.stdin));
process.stdout.write(
  JSON.stringify({
    'rest-types.ts': await typesOf(openapi),
    'commands-types.ts': await typesOf(documentOf('Commands', commandsOf(commands))),
    'events-types.ts': await typesOf(documentOf('Events', eventsOf(asyncapi), asyncapi.components.schemas)),
  }),
);

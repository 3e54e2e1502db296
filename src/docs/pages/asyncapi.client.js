/* global AsyncApiStandalone */

/** Replaces references by what they name: each part once, however often it is referred to. */
function resolved(document) {
  const known = new Map();
  const at = (reference) => reference.slice(2).split('/').reduce((part, key) => part[key], document);
  const resolve = (part) => {
    if (typeof part !== 'object' || part === null) return part;
    if (known.has(part)) return known.get(part);
    if (typeof part.$ref === 'string') return resolve(at(part.$ref));
    const copy = Array.isArray(part) ? [] : {};
    known.set(part, copy);
    for (const [key, value] of Object.entries(part)) copy[key] = resolve(value);
    return copy;
  };
  return resolve(document);
}

/** What the component's parser would note: which object is which, by name. */
function marked(document) {
  for (const part of [document.channels, document.operations, document.components.messages]) {
    for (const [name, value] of Object.entries(part)) value['x-parser-unique-object-id'] = name;
  }
  for (const [name, schema] of Object.entries(document.components.schemas)) schema['x-parser-schema-id'] = name;
  return Object.assign(document, { 'x-parser-spec-parsed': true, 'x-parser-api-version': 3 });
}

/** Whoever reads this has reached the server by this address, whatever it takes for its own. */
function addressed(document) {
  for (const server of Object.values(document.servers)) {
    server.host = location.host;
    if (location.protocol === 'https:') server.protocol = { ws: 'wss', http: 'https' }[server.protocol] ?? server.protocol;
  }
  return document;
}

const response = await fetch('/asyncapi.json');
const schema = marked(resolved(addressed(await response.json())));
AsyncApiStandalone.render(
  {
    schema,
    config: {
      show: { sidebar: true, errors: false },
      sidebar: { showOperations: 'byOperationsTags', useChannelAddressAsIdentifier: false },
      expand: { messageExamples: false },
    },
  },
  document.getElementById('api'),
);

/* global AsyncApiPage */

/** Replaces references by what they name: each part once, however often it is referred to. */
function resolved(whole) {
  const known = new Map();
  const at = (reference) =>
    reference
      .slice(2)
      .split('/')
      .reduce((part, key) => part[key], whole);
  const resolve = (part) => {
    if (typeof part !== 'object' || part === null) return part;
    if (typeof part.$ref === 'string') return resolve(at(part.$ref));
    if (known.has(part)) return known.get(part);
    const copy = Array.isArray(part) ? [] : {};
    known.set(part, copy);
    for (const [key, value] of Object.entries(part)) copy[key] = resolve(value);
    return copy;
  };
  return resolve(whole);
}

const idOf = (part, id) => Object.assign(part, { 'x-parser-unique-object-id': id });

/** What is shown of a protocol, by id: what clients ask, with the answers; how that is refused, once; and what the server tells. */
function entriesOf({ operations }, [main]) {
  // Other channels of the protocol are the same by another name.
  const own = Object.entries(operations).filter(([, { channel }]) => channel === main);
  const asked = own.filter(([, { action }]) => action === 'receive');
  const told = own.filter(([, { action }]) => action === 'send');
  const known = new Set(told.flatMap(([, { messages }]) => messages));
  const faults = new Set(asked.flatMap(([, { reply }]) => reply.messages.slice(1)).filter((message) => !known.has(message)));
  return [
    ...asked.map(([key, { title, summary, description, messages, reply }]) => {
      const answer = { messages: reply.messages.slice(0, 1) };
      return [key, { action: 'receive', title, summary, description, messages, reply: answer }];
    }),
    ...[...faults].map((message) => [message.name, toldBy(message)]),
    ...told.map(([key, { messages }]) => [key, toldBy(messages[0])]),
  ];
}

const toldBy = (message) => ({ action: 'send', title: message.name, messages: [message] });

/** All messages are JSON, and the title of an event says its name: neither needs to be shown again. */
function plain(message) {
  delete message.contentType;
  delete message.headers;
  for (const example of message.examples) delete example.headers;
}

/**
 * One protocol, as the component can show it: beside each operation it would tell all of its channel again, with all messages. So each
 * operation gets a small channel of its own, by its title, and what is said of the real one stands above them.
 */
function viewOf(whole, channels) {
  const { asyncapi, components, info } = whole;
  const view = { channels: {}, operations: {} };
  for (const [key, operation] of entriesOf(whole, channels)) {
    view.channels[key] = idOf({ address: operation.title, messages: operation.messages }, key);
    view.operations[key] = idOf({ ...operation, channel: view.channels[key] }, key);
  }
  for (const [key, message] of Object.entries(components.messages)) plain(idOf(message, key));
  for (const [key, schema] of Object.entries(components.schemas)) schema['x-parser-schema-id'] = key;
  return {
    asyncapi,
    ...view,
    info: { title: info.title, version: info.version, description: aboveOf(info, channels) },
    'x-parser-spec-parsed': true,
    'x-parser-api-version': 3,
  };
}

/** Whoever reads this has reached the server by this address, whatever it takes for its own. */
function addressOf({ address, servers: [{ protocol, pathname = '' }] }) {
  const secure = { ws: 'wss', http: 'https' }[protocol] ?? protocol;
  return `${location.protocol === 'https:' ? secure : protocol}://${location.host}${pathname}${address}`;
}

function aboveOf({ description }, channels) {
  const [main] = channels;
  const addresses = channels.map((channel) => `- \`${addressOf(channel)}\``);
  const parameters = Object.entries(main.parameters ?? {}).map(([name, about]) => `\`${name}\`: ${about.description}`);
  return [description, '---', `## ${main.title}`, addresses.join('\n'), ...parameters, main.description].join('\n\n');
}

/** A link for each protocol: a page with all of them would be too long to find anything on. */
function showTabs(protocols, current) {
  const tabs = document.getElementById('protocols');
  for (const name of protocols) {
    const link = document.createElement('a');
    link.href = `?protocol=${encodeURIComponent(name)}`;
    link.textContent = name;
    if (name === current) link.setAttribute('aria-current', 'page');
    tabs.append(link);
  }
}

/** What is on the page, beside it. The names of the places are the component's. */
function showIndex(entries) {
  const lists = { receive: document.getElementById('asked'), send: document.getElementById('told') };
  const places = { receive: 'reply', send: 'send' };
  for (const [key, { action, title }] of entries) {
    const link = document.createElement('a');
    link.href = `#operation-${places[action]}-${key}`;
    link.textContent = title;
    lists[action].append(link);
  }
  document.querySelector('.index').open = matchMedia('(min-width: 900px)').matches;
}

async function show() {
  const response = await fetch(new URL('../../asyncapi.json', import.meta.url));
  if (!response.ok) throw new Error(`The document could not be loaded (${response.status}).`);
  const whole = resolved(await response.json());
  const protocols = whole.info.tags.map(({ name }) => name);
  const wanted = new URLSearchParams(location.search).get('protocol');
  const protocol = protocols.includes(wanted) ? wanted : protocols[0];
  if (protocol === undefined) throw new Error('None of the protocols that are served here has a socket.');
  const channels = Object.values(whole.channels).filter(({ title }) => title === protocol);
  showTabs(protocols, protocol);
  showIndex(entriesOf(whole, channels));
  const config = {
    show: { sidebar: false, servers: false, errors: false, messages: false, schemas: false },
    expand: { messageExamples: true },
    replyLabel: 'Asked',
    sendLabel: 'Told',
  };
  AsyncApiPage.render({ schema: viewOf(whole, channels), config }, document.getElementById('api'));
  goToPlace();
}

/** The browser has looked for the place of the address before there was anything. */
function goToPlace() {
  const id = decodeURIComponent(location.hash.slice(1));
  if (!id) return;
  const place = document.getElementById(id);
  if (place) place.scrollIntoView();
  else
    new MutationObserver((_changes, observer) => {
      if (!document.getElementById(id)) return;
      observer.disconnect();
      goToPlace();
    }).observe(document.getElementById('api'), { childList: true, subtree: true });
}

show().catch((error) => {
  document.getElementById('api').textContent = error.message;
});

import { check, inFile, type SecurityCheck } from './check.js';

const badInput = inFile('conformance/bad-input');
const chatsEvents = inFile('conformance/chats-events');
const sockets = inFile('conformance/sockets');
const chatLive = inFile('e2e/chat-live');
const socketio = inFile('e2e/socketio');
const answers = inFile('security/answers');
const authorisation = inFile('security/authorisation');
const chatsIds = inFile('security/chats-ids');
const chats = inFile('security/chats');
const input = inFile('security/input');
const secrets = inFile('security/secrets');
const hostileSockets = inFile('security/sockets');
const text = inFile('security/text');

/** Rights, and what clients send. */
export const INPUT: readonly SecurityCheck[] = [
  check(
    51,
    '`is_superuser`, `is_active` and `id` in a registration or a change are refused or change nothing',
    'ASVS 15.3.3',
    authorisation('change nothing in a registration through %s'),
    authorisation('in a change of oneself are refused where they are rights, and else ignored'),
  ),
  check(
    52,
    'One user gets 403 or 404 about another, and a lost right is lost at once',
    'ASVS 8.2.2, 8.3.2',
    authorisation('is nobody else’s to read, change, delete or watch, and whether it exists is not told'),
    authorisation('that are lost are lost at once, in every session and on every socket'),
  ),
  check(
    53,
    '2,001 chat ids around a stranger’s give no row over HTTP, WebSocket, Socket.IO or messenger',
    'ASVS 8.2.2',
    chats('is told the same of every chat by chat.%s: those around, those of others, and those that are none'),
    chats('over HTTP, by GET /api/v1/chats/{id}%s'),
    chats('over Socket.IO, by chat.%s'),
    chats('over messenger, by %s'),
  ),
  check(
    54,
    'A removed member gets no further event',
    'ASVS 8.3.2',
    chatsEvents('is told on every kind of socket, each kind of event once, in order and in its own words'),
    chatLive('ends for a user with the entry that says that it left'),
  ),
  check(
    55,
    'No answer has a field of a hash, a password or a key',
    'ASVS 15.3.1',
    secrets('no answer has a field of a hash, a password or a key'),
    answers('answers no request to any route with a field of a hash, a password or a key'),
    answers('describes no answer of a route with a field of a hash, a password or a key'),
    answers('describes no frame to a client with a field of a hash, a password or a key'),
  ),
  check(
    56,
    'Keys named `__proto__` and `constructor` pollute nothing',
    'ASVS 15.3.6',
    authorisation('named %s pollute nothing'),
    badInput('is not polluted by __proto__ and constructor'),
  ),
  check(
    57,
    'Bodies that are no objects and fields of the wrong type are refused',
    'ASVS 15.3.5',
    input('that are no objects (%s) are refused'),
    input('whose fields are of the wrong type are refused field by field, and never a fault of ours'),
    sockets('takes no %j for a payload'),
  ),
  check(
    58,
    'Of duplicate JSON keys and query parameters the last one counts, everywhere',
    'ASVS 15.3.7',
    input('with a key twice count the last one, everywhere alike'),
    input('with a parameter twice count the last one'),
    hostileSockets('the last one counts on %s'),
    hostileSockets('the last one counts over messenger'),
    hostileSockets('the last one counts over Socket.IO'),
  ),
  check(
    59,
    'Numbers such as −1, 1.5, 2^63 and NaN as limits, offsets and ids are refused',
    'ASVS 1.4.2',
    input('with limit=%s, skip or after are refused or harmless'),
    input('and ids such as %s are 404 or 422'),
    chatsIds('of a chat are refused in a payload by every command'),
  ),
  check(
    60,
    'NUL, lone surrogates and U+202E in text are refused or come back byte for byte',
    'ASVS 1.1.1, 2.2.1',
    text('with %s is invalid input, wherever it comes'),
    text('such as %j comes back byte for byte'),
    hostileSockets('is refused with NUL or a lone surrogate in any of its texts, or gives it back unchanged'),
    hostileSockets('keeps every character of its text, whatever a terminal or a parser makes of it'),
  ),
  check(
    61,
    'Names and addresses that look alike are the same account; names of other scripts are accepted',
    'RFC 8265; Unicode TR39',
    text('%s and %s are not two accounts'),
    text('are not two addresses either'),
    text('but names of other scripts, and of several, are names like any'),
  ),
  check(
    62,
    'SQL in any text is text: no server error, no difference, no delay',
    'ASVS 1.2.4',
    text('with SQL in it (%s) is text and nothing else'),
    hostileSockets('takes SQL in any of its texts for text and nothing else'),
  ),
  check(
    63,
    '10 kB of brackets and a depth of 5,000 are refused at once',
    'ASVS 15.2.2',
    input('that nest 5,000 deep or hold 10 kB of brackets are refused at once'),
    socketio('does not get back what nests too deep, and harms nobody with it'),
  ),
  check(
    64,
    '50 kB made to slow a pattern down cost less than 50 ms',
    'ASVS 1.3.12',
    text('of 50 kB made to slow a pattern down costs less than 50 ms a request'),
    hostileSockets('is answered within 50 ms with 50 kB in any of its texts that slow a pattern down'),
  ),
  check(
    65,
    'Line breaks and escape codes in logged fields stay within one JSON line',
    'ASVS 16.4.1',
    secrets('stays one line of JSON each, without anything that a terminal obeys'),
  ),
];

import { check, inFile, type SecurityCheck } from './check.js';

const endings = inFile('conformance/endings');
const sockets = inFile('conformance/sockets');
const arrivals = inFile('e2e/arrivals');
const asyncapiReplay = inFile('e2e/asyncapi-replay');
const restClients = inFile('e2e/rest-clients');
const restCommands = inFile('e2e/rest-commands');
const socketio = inFile('e2e/socketio');
const socketsLife = inFile('e2e/sockets-life');
const socketsHandshakes = inFile('e2e/sockets-handshakes');
const socketsRoom = inFile('e2e/sockets-room');
const socketsRfc6455 = inFile('e2e/sockets-rfc6455');
const socketsUpgrade = inFile('e2e/sockets-upgrade');
const ownOrigin = inFile('security/own-origin');
const socketioFrames = inFile('security/socketio-frames');

/** Sockets. */
export const SOCKETS: readonly SecurityCheck[] = [
  check(
    66,
    'A foreign `Origin` is refused with 403 before the upgrade, on every kind of socket',
    'ASVS 4.4.2; RFC 6455 §4.2.2',
    socketsUpgrade('are judged for sockets of every kind, before anything else'),
    ownOrigin('a page is not let in because the Host is its own'),
  ),
  check(
    67,
    'WebSocket version 12 is refused, and `Sec-WebSocket-Version` names 13',
    'RFC 6455 §4.4',
    socketsHandshakes('for %s is answered in the words of its protocol, with what the status asks for'),
    socketioFrames('of another version is refused with the one that is spoken'),
  ),
  check(
    68,
    'Broken frames close with 1002, bad UTF-8 with 1007, oversize with 1009; 1005 and 1006 are never sent',
    'RFC 6455 §5, §7.4',
    socketsRfc6455('closes with the code that the RFC has for %s'),
    socketioFrames('is closed with the code of RFC 6455 after %s, and a neighbour is not'),
  ),
  check(
    69,
    '200,000 fragments of one byte or none are closed, and memory grows by less than 50 MB',
    'ASVS 15.2.2',
    socketsRfc6455('ends a message in 200,000 pieces %s long before it has them all'),
    socketioFrames('is closed long before it has all of a message in 200,000 pieces %s, within 50 MB'),
  ),
  check(
    70,
    'Compression is not offered',
    'ASVS 15.2.2; RFC 7692',
    socketsRfc6455('offers no compression, even when asked (§9.1)'),
    socketioFrames('offers no compression, even when asked'),
  ),
  check(
    71,
    'A client that is silent after the upgrade or misses heartbeats is closed on time',
    'ASVS 15.2.2',
    socketsLife('that shows no sign of life for twice the heartbeat is closed with 4408, and not before'),
    socketsLife('that answers no ping for 60 s is closed with 4408'),
    socketioFrames('is closed when a ping of Engine.IO is not answered in time, and lives on by its pongs'),
    socketio('by never naming its namespace, is dropped in time'),
  ),
  check(
    72,
    'A flood of frames ends its connection and leaves neighbours alone',
    'OWASP WebSocket Security Cheat Sheet',
    socketsLife('is answered, and ends the connection with 4429 after ten seconds'),
    sockets('answers frames beyond 120 a second and a burst of 240 as too many'),
    arrivals('end the connection at once if %s come as fast as they can be sent'),
    arrivals('end the connection with 4429 if there is no end of them'),
    arrivals('ends the session unparsed if it has more packets than a client may send at once'),
  ),
  check(
    73,
    'A broken frame or an unknown command is answered, with the request id where there is one',
    'ASVS 2.2.1',
    sockets('answers a bad frame and stays open'),
    sockets('knows no %s, and says so with the request id'),
  ),
  check(
    74,
    'A socket is closed when its token expires',
    'OWASP WebSocket Security Cheat Sheet',
    endings('closes sockets of every kind with 4401, and opens nothing any more'),
  ),
  check(
    75,
    'Another user’s `client_id` gives nothing and takes nothing',
    'ASVS 8.2.2',
    restClients('stays with its connection when that becomes another user’s, and takes nothing from anybody'),
  ),
  check(
    76,
    'A broken Socket.IO packet, such as one with 11 attachments, drops its client alone',
    'ASVS 15.2.2',
    socketio('by %s, is dropped or told so, alone'),
  ),
  check(
    77,
    'Every command that needs an account is refused without one, on every transport',
    'ASVS 8.2.1',
    restCommands('is refused by every kind of transport, unless it says that it is for everybody'),
    asyncapiReplay('is refused what the document says needs an account, and nothing else'),
  ),
  check(
    78,
    'Connections beyond the limits per user, per address and without identity are refused in the protocol’s words',
    'OWASP WebSocket Security Cheat Sheet',
    socketsUpgrade('of one user: one more is refused with 429 in the words of its protocol, until one has gone'),
    socketsUpgrade('of one user, when many knock at once'),
    socketsUpgrade('from one address: one more is refused, whatever kind it is'),
    socketsRoom('holds for 130 sockets that authenticate at once'),
    socketsRoom('holds for Socket.IO, and for all kinds together'),
    socketsRoom('holds for every protocol, and for sessions of Engine.IO that have joined nothing'),
  ),
];

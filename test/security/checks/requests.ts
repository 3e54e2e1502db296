import { check, inFile, type SecurityCheck } from './check.js';

const tokens = inFile('conformance/tokens');
const startErrors = inFile('e2e/start-errors');
const httpFraming = inFile('security/http-framing');
const http = inFile('security/http');
const jwt = inFile('security/jwt');
const logSecrets = inFile('security/log-secrets');
const ownOrigin = inFile('security/own-origin');
const socketioFrames = inFile('security/socketio-frames');
const secrets = inFile('security/secrets');

/** Tokens and HTTP. */
export const REQUESTS: readonly SecurityCheck[] = [
  check(
    32,
    'A token with `alg` none, None or nOnE is refused',
    'RFC 8725 §3.1; ASVS 9.1.2',
    jwt('unsigned, by alg "%s", open none'),
  ),
  check(
    33,
    'A token signed by HMAC with the public key, or by an unlisted algorithm, is refused',
    'RFC 8725 §3.1; ASVS 9.1.2',
    jwt('signed by HMAC with the public key as the secret open none'),
    jwt('signed by another key, or by another algorithm, open none'),
  ),
  check(
    34,
    'An altered payload and an empty or truncated signature are refused',
    'RFC 8725 §3.3; ASVS 9.1.1',
    jwt('altered by one byte, cut short or put together from two open none'),
  ),
  check(
    35,
    '`jku`, `x5u`, `jwk`, `crit` and a path as `kid` are refused, and nothing is fetched',
    'RFC 8725 §3.10; ASVS 9.1.3',
    jwt('that bring or name their own key open none, and nobody is asked for one'),
    jwt('whose kid is a path, a query, a URL, an object or another key open none'),
  ),
  check(
    36,
    'A missing, textual or past `exp` and a future `nbf` are refused',
    'ASVS 9.2.1',
    jwt('%s, properly signed, open none'),
  ),
  check(
    37,
    'A wrong or missing `iss`, `aud` or `typ` is refused',
    'RFC 8725 §3.8, §3.9, §3.11; ASVS 9.2.2, 9.2.3',
    jwt('%s, properly signed, open none'),
    jwt('of type %s, properly signed, open none'),
  ),
  check(
    38,
    'An access token is no refresh token, and the reverse',
    'ASVS 9.2.2',
    jwt('are no refresh tokens, and refresh tokens open none'),
  ),
  check(
    39,
    'The server does not start with a secret under 32 bytes',
    'RFC 8725 §3.5; ASVS 11.5.1',
    startErrors('%s=%s, as the whole server'),
  ),
  check(
    40,
    'A token of 100 kB is refused in less than 10 ms',
    'ASVS 15.2.2',
    jwt('of 100 kB are refused in less than 10 ms, wherever they come'),
  ),
  check(
    41,
    'On sockets a token in the header counts before one in the query; a query opens no HTTP route',
    'ASVS 14.2.1; RFC 6750 §2.3',
    jwt('count from the header where both are given, and a query opens no HTTP route'),
  ),
  check(
    42,
    'Without a token a route answers 401 and `WWW-Authenticate: Bearer`, without the right 403',
    'RFC 6750 §3',
    http('refuses who has no token with 401, and rest says WWW-Authenticate: Bearer'),
    http('says 403, not 401, to somebody who may not'),
  ),
  check(
    43,
    '`?access_token=` opens nothing, and no log line holds a token',
    'ASVS 14.2.1, 16.2.5',
    tokens('opens no HTTP route as ?%s='),
    secrets('no line of the log at trace holds one of them'),
    logSecrets('never holds a token, wherever in a URL a client puts it and however it is spelled'),
  ),
  check(
    44,
    'Every error has its declared shape and status and says nothing of stacks, SQL or paths',
    'RFC 9457; ASVS 16.5.1',
    http('to broken input has the documented shape and tells nothing of the inside'),
    http('to a fault of ours at %s is 500 in its protocol, and tells nothing'),
    http('to a path or a method that nobody serves has the same marks'),
  ),
  check(
    45,
    'A request whose length is ambiguous, whose coding is unknown or whose header is folded is refused and closed',
    'ASVS 4.2.1; RFC 9112 §6.3',
    httpFraming('%s: 400, closed, and what follows is not taken for a second request'),
    httpFraming('%s with %j: %i, closed, and what follows is not taken for a second request'),
  ),
  check(
    46,
    'Slow headers and slow bodies are closed within 15 seconds',
    'ASVS 15.2.2',
    httpFraming('are closed within 15 seconds, whatever part of them is late, and meanwhile others are served'),
  ),
  check(
    47,
    '17 KiB of headers get 431, a large body 413, a wrong type 415; TRACE is refused',
    'ASVS 4.1.4, 13.4.4; OWASP REST Security Cheat Sheet',
    httpFraming('headers of 17 KiB: 431'),
    httpFraming('a body over 1 MiB for %s: 413, before all of it was sent'),
    httpFraming('a body of type %s: 415'),
    httpFraming('%s is refused and echoes nothing'),
  ),
  check(
    48,
    'No other spelling of a protected path opens it without a token',
    'ASVS 8.3.1',
    http('opens to no other spelling of its path'),
  ),
  check(
    49,
    'Answers name their charset, carry `nosniff` and `no-store`, and name no version',
    'ASVS 4.1.1, 13.4.6, 14.3.2',
    http('says what it is, keeps itself out of caches and says nothing of what made it'),
    socketioFrames('has the headers of every other answer, whatever is asked'),
  ),
  check(
    50,
    'A foreign origin gets no CORS grant, and `*` is never combined with credentials',
    'ASVS 3.4.2',
    http('%s is granted nothing'),
    http('that are named are granted by name, never by *, and no others with them'),
    ownOrigin('a page is not let in because the Host is its own'),
  ),
];

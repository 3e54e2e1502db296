import { check, inFile, type SecurityCheck } from './check.js';

const accountsThrottle = inFile('e2e/accounts-throttle');
const keys = inFile('e2e/keys');
const recoveryService = inFile('e2e/recovery');
const restSessions = inFile('e2e/rest-sessions');
const sessionsRefresh = inFile('e2e/sessions-refresh');
const sessionsTime = inFile('e2e/sessions-time');
const sessions = inFile('e2e/sessions');
const logIn = inFile('security/log-in');
const passwords = inFile('security/passwords');
const recovery = inFile('security/recovery');
const refresh = inFile('security/refresh');
const revocation = inFile('security/revocation');
const secrets = inFile('security/secrets');
const timing = inFile('security/timing');

/** Passwords, log-in, recovery and sessions. */
export const ACCOUNTS: readonly SecurityCheck[] = [
  check(
    1,
    'A password of 7 characters is refused, one of 8 is accepted',
    'ASVS 6.2.1; NIST SP 800-63B-4 §3.1.1.2',
    passwords('of 7 characters are refused, of 8 are taken'),
  ),
  check(
    2,
    'Passwords of 64 and 128 characters register and log in; longer ones, up to 1 MB, are refused before hashing',
    'ASVS 6.2.9; OWASP Authentication Cheat Sheet',
    passwords('of %i characters register and log in'),
    passwords('beyond 128 characters are refused, up to a megabyte, before anything is hashed'),
  ),
  check(
    3,
    'A password that differs in case, in its last byte or by a space is another password',
    'ASVS 6.2.8',
    passwords('are compared to the last byte: case, a space, a missing character make another password'),
  ),
  check(
    4,
    'Spaces, emoji and lower case alone are accepted; the NFC and the NFD spelling both log in',
    'ASVS 6.2.5; NIST SP 800-63B-4 §3.1.1.2',
    passwords('of any characters are taken as they are: %j'),
    passwords('log in however the keyboard composed them'),
  ),
  check(
    5,
    'NUL or a lone surrogate in a password is refused and is never a server error',
    'ASVS 2.2.1',
    passwords('that are or hold %s are invalid input and never a fault of ours'),
  ),
  check(
    6,
    'With the blocklist on, the 3,000 most common passwords and one’s own name are refused with the reason',
    'ASVS 6.2.4, 6.2.11',
    passwords('the common password %s is refused with a reason, by every protocol'),
    passwords('the 3,000 most common passwords of 8 characters and more are refused'),
    passwords("one's own name and address are refused, at registration and at every later change"),
  ),
  check(
    7,
    'A change of password ends every other session, and a mail tells the owner',
    'ASVS 6.2.3',
    revocation('live on after a log-out, and the one that changed the password lives on after that; its owner is told by mail'),
    sessions('who changes their password keeps the session that did it'),
  ),
  check(
    8,
    'Stored hashes are Argon2id with at least 19 MiB and 2 passes; equal passwords have different hashes',
    'ASVS 11.4.2; OWASP Password Storage Cheat Sheet',
    passwords('are Argon2id hashes at the parameters of OWASP or above, another one for everybody'),
  ),
  check(
    9,
    'A hash with weaker parameters is upgraded at the next log-in',
    'OWASP Password Storage Cheat Sheet',
    passwords('that were hashed with less are made strong by the next log-in, and by no failed one'),
  ),
  check(
    10,
    'Unknown user, wrong password and disabled user get the same status, body and headers',
    'ASVS 6.3.8',
    logIn('answers with the same status, body and headers through %s'),
    logIn('answers alike by the e-mail address, too'),
    logIn('answers with the same frame through messenger'),
  ),
  check(
    11,
    'The time of a failed log-in does not tell why it failed',
    'ASVS 6.3.8',
    timing('does not tell why a log-in failed'),
    timing('hashes once for every reason that a log-in fails for, at the cost of new passwords'),
  ),
  check(
    12,
    'Failed log-ins beyond the limit get 429 and `Retry-After`; the owner is never locked out',
    'ASVS 6.1.1, 6.3.1',
    logIn('is stopped after ten with 429 and Retry-After, which ends by itself'),
    logIn('strangers from everywhere are stopped, and never lock the owner out'),
    accountsThrottle('goes on at once a minute, and is forgotten after a quarter of an hour'),
  ),
  check(
    13,
    'A forged client address evades no limit',
    'ASVS 4.1.3, 15.3.4',
    logIn('is counted all the same when every request claims another address by %s'),
    logIn('only the part of X-Forwarded-For that the proxy itself added is believed'),
  ),
  check(
    14,
    'Of 200 parallel log-ins the excess gets 429 or 503, and health checks are answered meanwhile',
    'ASVS 15.2.2',
    logIn('wait in a bounded queue: the others are told to come back, and /health/live answers meanwhile'),
  ),
  check(
    15,
    'A fresh installation has no default account and no default secret',
    'ASVS 6.3.2, 13.2.3',
    passwords('has no account, and none of the usual ones log in'),
    keys('a secret is made, for its owner only, and found again'),
  ),
  check(
    16,
    'Recovery answers known and unknown identifiers alike and in the same time',
    'OWASP Forgot Password Cheat Sheet',
    recovery('is answered alike for known and unknown addresses, in words and in time'),
    recovery('through messenger is answered 202 for whatever is known'),
    timing('does not tell whether an account can be recovered'),
  ),
  check(
    17,
    'A recovery token works once, also when 20 requests use it in parallel',
    'ASVS 6.5.1',
    recovery('sets the password once, ends every session and logs nobody in'),
    recovery('that twenty use at the same time is good for one of them'),
    recoveryService('works once for twenty who try at the same time, on two nodes'),
  ),
  check(
    18,
    'A recovery token expires after `RECOVERY_TTL`, and a newer one replaces it',
    'ASVS 6.5.5',
    recovery('runs out after RECOVERY_TTL'),
    recovery('is replaced by a newer one'),
  ),
  check(
    19,
    'A dump of the database holds no usable recovery token, refresh token or password',
    'ASVS 6.5.2; OWASP Password Storage Cheat Sheet',
    secrets('no table holds one of them'),
    recoveryService('leaves nothing usable in the database'),
  ),
  check(
    20,
    'A reset ends all sessions and logs nobody in',
    'ASVS 7.4.3; OWASP Forgot Password Cheat Sheet',
    recovery('sets the password once, ends every session and logs nobody in'),
  ),
  check(
    21,
    'A forged `Host`, or a line break in an e-mail address, changes neither link nor recipient',
    'ASVS 1.3.11; OWASP Forgot Password Cheat Sheet',
    recovery('with a forged %s leads nowhere else'),
    recovery('for an address followed by %j sends nobody anything'),
  ),
  check(
    22,
    'Repeated requests for recovery get 429 and never lock the account',
    'OWASP Forgot Password Cheat Sheet',
    recovery('again and again is answered alike, known or not, sends five mails at most and locks nobody out'),
    recovery('is refused with 429 and Retry-After over HTTP and messenger, and the account still logs in'),
  ),
  check(
    23,
    'A spent refresh token gets 401, and its newest descendant dies',
    'ASVS 10.4.5; RFC 9700 §4.14.2',
    sessionsRefresh('that is used a second time is theft: the session and its newest tokens are dead'),
    revocation('is dead everywhere, its sockets closed within a second, after %s'),
  ),
  check(
    24,
    'Of 64 parallel refreshes with one token on two nodes at most one succeeds',
    'RFC 9700 §4.14.2',
    refresh('gives one new token at most to 64 parallel requests on two nodes'),
    sessionsRefresh('sixty-four on two nodes, exactly one wins'),
  ),
  check(
    25,
    'A refresh that races a log-out leaves no session behind',
    'ASVS 7.4.1',
    refresh('leaves no session behind when a refresh races a log-out'),
    sessionsRefresh('a log-out leaves no survivor'),
  ),
  check(
    26,
    'Sessions end after idle time and after a total time',
    'ASVS 7.3.1, 7.3.2, 10.4.8',
    sessionsTime('ends an idle session, whatever tokens it has'),
    sessionsTime('prolongs a session that is used, and ends it for good in the end'),
  ),
  check(
    27,
    'After a log-out the access token, the refresh token and the sockets are refused everywhere',
    'ASVS 7.4.1',
    revocation('is dead everywhere, its sockets closed within a second, after %s'),
    sessions('of a log-out is refused everywhere, its sockets are closed within a second'),
  ),
  check(
    28,
    'So they are after the account is disabled or deleted and after a change of password',
    'ASVS 7.4.2, 7.4.3',
    revocation('is dead everywhere, its sockets closed within a second, after %s'),
    sessions('of an account that is %s is refused everywhere'),
  ),
  check(
    29,
    'Users list and end their own sessions, superusers end anybody’s; another’s session id is 404',
    'ASVS 7.4.5, 7.5.2',
    sessions('lists and ends their own sessions only'),
    sessions('ends all of them at once'),
    revocation("are not another user's to see or to end, by any id"),
  ),
  check(
    30,
    '10,000 tokens have at least 128 random bits and no duplicate',
    'ASVS 7.2.3',
    revocation('give ten thousand tokens, sessions and refresh tokens, of 256 random bits each'),
  ),
  check(
    31,
    'Every log-in makes a new session',
    'ASVS 7.2.4',
    sessions('opens a session of its own each time, with where it came from'),
    restSessions('are listed, newest first, whatever protocol opened them'),
  ),
];

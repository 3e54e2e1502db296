import { describe, expect, it } from 'vitest';
import { PROTOCOL_NAMES, Settings, SettingsError } from '../../src/config/settings.js';

describe('settings', () => {
  it('have the defaults of the contract', () => {
    expect(Settings.from({})).toMatchObject({
      HOST: 'localhost',
      PORT: 8000,
      DATA_DIR: './.data',
      ACCESS_TOKEN_TTL: 3600,
      SESSION_TTL: 2_592_000,
      LOST_ANSWER_SEC: 10,
      RATE_LIMIT: true,
      RATE_LIMIT_GENERAL: 30,
      RATE_LIMIT_API: 10,
      RATE_LIMIT_BURST: 20,
      LOGIN_THROTTLE: true,
      HEARTBEAT_SEC: 30,
      PROTOCOLS: [...PROTOCOL_NAMES],
      RECOVERY_TTL: 600,
      PASSWORD_BLOCKLIST: false,
      TRUST_PROXY: false,
      CORS_ORIGINS: [],
      REGISTRATION: 'open',
      CONTACTS: 'open',
      MAX_CONNECTIONS_PER_USER: 100,
      MAX_CONNECTIONS_PER_ADDRESS: 1000,
      LOG_LEVEL: 'info',
    });
  });

  it('take an empty variable for one that is not set', () => {
    expect(Settings.from({ PORT: '', DATABASE_URL: '' })).toEqual(Settings.from({}));
  });

  it('name the protocols in one order, whatever order they are given in', () => {
    expect(Settings.from({ PROTOCOLS: ' rest, game,rest' }).PROTOCOLS).toEqual(['game', 'rest']);
  });

  it.each([
    ['true', true],
    ['false', false],
    ['2', 2],
    ['loopback, 10.0.0.0/8', ['loopback', '10.0.0.0/8']],
    ['::1', ['::1']],
    ['fe80::/10,192.0.2.1/32,::ffff:10.0.0.0/104', ['fe80::/10', '192.0.2.1/32', '::ffff:10.0.0.0/104']],
  ])('TRUST_PROXY=%s is understood', (given, meaning) => {
    expect(Settings.from({ TRUST_PROXY: given }).TRUST_PROXY).toEqual(meaning);
  });

  it.each([
    ['PORT', '80 80', 'a whole number from 0 to 65535'],
    ['PORT', '70000', 'a whole number from 0 to 65535'],
    ['PORT', '-1', 'a whole number from 0 to 65535'],
    ['RATE_LIMIT', 'yes', 'on or off'],
    ['PROTOCOLS', 'game,ftp', 'a comma list of game, rest, mcp, messenger, socketio'],
    ['PROTOCOLS', ',', 'a comma list of game, rest, mcp, messenger, socketio'],
    ['CONTACTS', 'closed', 'open or request'],
    ['REGISTRATION', 'off', 'open or closed'],
    ...[
      'https://a.example/path',
      'https://*.example.com',
      'https://a.example,https://*',
      'capacitor://*',
      'capacitor://localhost/',
      'file://',
      'file://localhost',
      'wss://a.example',
      'ftp://a.example',
      'null',
    ].map((given) => ['CORS_ORIGINS', given, 'a comma list of origins such as https://app.example.com, without wildcards']),
    [
      'TRUST_PROXY',
      'everyone',
      'true, false, a number of hops, or a comma list of addresses, networks, loopback, linklocal, uniquelocal',
    ],
    ...[
      '1.2.3.4.5',
      '10.0.0.0/99',
      '10.0.0.0/0',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '::1/129',
      '::g',
      'fe80::1%eth0',
      '1.2.3',
      ':',
      'loopback,.',
    ].map((given) => [
      'TRUST_PROXY',
      given,
      'true, false, a number of hops, or a comma list of addresses, networks, loopback, linklocal, uniquelocal',
    ]),
    ...['abc', 'a@', '@b', 'Board <abc>', 'Board board@example.org', 'a@b, c@d', 'a@b\r\nBcc: c@d'].map((given) => [
      'MAIL_FROM',
      given,
      'an e-mail address, or a name and one: Switchboard <no-reply@example.com>',
    ]),
    ['PASSWORD_BLOCKLIST', '1', 'on or off'],
    ['LOG_LEVEL', 'loud', 'fatal, error, warn, info, debug, trace or silent'],
    ['ACCESS_TOKEN_TTL', '0', 'a whole number from 1 to 31536000'],
  ] as [string, string, string][])('%s=%s is refused in one line that says what is allowed', (name, given, allowed) => {
    expect(() => Settings.from({ [name]: given })).toThrow(new SettingsError(name, given, allowed));
    expect(lineFor({ [name]: given })).toBe(`${name}: given ${JSON.stringify(given)}, allowed is ${allowed}`);
  });

  it.each(['board@example.org', 'The Board <board@example.org>', '<board@localhost>', '"Board, the" <board@example.org>'])(
    'MAIL_FROM=%s is taken',
    (given) => {
      expect(Settings.from({ MAIL_FROM: given }).MAIL_FROM).toBe(given);
    },
  );

  it.each([
    ['APP_SECRET', 'short-secret-value'],
    ['DATABASE_URL', 'mysql://user:password@host/db'],
    ['REDIS_URL', 'password@nowhere'],
    ['DATABASE_URL', 'postgres://app@host/db?sslmode=required'],
    ['DATABASE_URL', 'postgres://app@host/db?sslmode=require&sslrootcert=system'],
    ['DATABASE_URL', 'postgres://app@one,two/db'],
    ['DATABASE_URL', 'postgres:///db?host=one,two'],
    ['DATABASE_URL', 'postgres://app@host/db?sslcrl=/crl.pem'],
    ['DATABASE_URL', 'postgres://app@host/db?gssencmode=require'],
    ['DATABASE_URL', 'postgres:///db?service=main'],
  ])('the line for %s does not show what was given', (name, given) => {
    const line = lineFor({ [name]: given });
    expect(line).toMatch(new RegExp(`^${name}: given ${given.length} characters \\(not shown\\), allowed is `));
    expect(line).not.toContain(given);
  });

  it.each([
    ['DATABASE_URL', 'postgres://app:tr0ub@zebra/quokka#9@127.0.0.1:1/db'],
    ['DATABASE_URL', 'postgres://app:pa/ss@host/db'],
    ['DATABASE_URL', 'postgres://app:12/34@host/db'],
    ['DATABASE_URL', 'postgres://app:12?34@host/db'],
    ['DATABASE_URL', 'postgres://app:pass%word@host/db'],
    ['DATABASE_URL', 'postgres://app:two words@host/db'],
    ['REDIS_URL', 'redis://:a#b@host:6379'],
    ['SMTP_URL', 'smtps://board:p/w@mail.example.com'],
  ])('explains how to encode a secret in %s: %s', (name, given) => {
    // The words are always the same, so they cannot hold a piece of what was given.
    const explained =
      'in the user name and the password write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23, % as %25 and a blank as %20';
    const line = lineFor({ [name]: given });
    expect(line.startsWith(`${name}: given ${given.length} characters (not shown), allowed is a URL `)).toBe(true);
    expect(line.endsWith(explained)).toBe(true);
  });

  it.each([
    ['example.com', 'a URL that starts with http:// or https://'],
    ['https:example.com', 'a URL that starts with http:// or https://'],
    ['https://example.com/?a=b', 'a URL without a query and a fragment: links are made of it'],
    ['https://example.com/#top', 'a URL without a query and a fragment: links are made of it'],
    ['https://*.example.com', 'a URL without a wildcard: links are made of it'],
    ['https://me:secret@example.com', 'a URL without a user name and a password: everybody sees it'],
  ])('refuses PUBLIC_URL=%s, which could never work', (given, allowed) => {
    expect(lineFor({ PUBLIC_URL: given })).toBe(
      `PUBLIC_URL: given ${given.length} characters (not shown), allowed is ${allowed}`,
    );
  });

  it.each([
    ['DATABASE_URL', 'postgres://app:p%40ss%2Fword@host:5432/db?sslmode=require'],
    ['DATABASE_URL', 'postgres://app:p@ss@host/db'],
    ['DATABASE_URL', 'postgres://app@/db?host=/var/run/postgresql'],
    ['DATABASE_URL', 'postgres://app@host/db?sslmode=verify-full&sslrootcert=system&channel_binding=require'],
    ['DATABASE_URL', 'postgres://app@host/db?pgbouncer=true&connect_timeout=10'],
    ['DATABASE_URL', 'postgres:///db?host=/var/run/postgresql&user=app@site'],
    ['DATABASE_URL', 'postgresql://app@%2Fvar%2Frun%2Fpostgresql/db'],
    ['SMTP_URL', 'smtps://board@example.com:secret@mail.example.com'],
    ['REDIS_URL', 'rediss://:secret@redis.example.com:6379/1'],
    ['PUBLIC_URL', 'https://example.com/chat'],
  ])('takes %s=%s', (name, given) => {
    expect(Settings.from({ [name]: given })).toHaveProperty(name, given);
  });

  it('need a secret of their own in production with a database of its own', () => {
    const production = { NODE_ENV: 'production', DATABASE_URL: 'postgres://localhost/switchboard' };
    expect(lineFor(production)).toMatch(/^APP_SECRET: given nothing, allowed is at least 32 bytes/);
    expect(Settings.from({ ...production, APP_SECRET: 'x'.repeat(32) }).APP_SECRET).toHaveLength(32);
  });
});

function lineFor(variables: Record<string, string>): string {
  try {
    Settings.from(variables);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
  }
  throw new Error('the settings were taken');
}

import { describe, expect, it } from 'vitest';
import { remedyOf } from '../../src/database/connect-faults.js';
import { readDatabaseUrl } from '../../src/database/database-url.js';

const PLAIN = { ssl: false, asksForTls: false };

describe('DATABASE_URL', () => {
  it.each([
    ['postgres://app:p%40ss%2Fword@db.example:6432/chat', { host: 'db.example', port: 6432, user: 'app', password: 'p@ss/word' }],
    ['postgres://app@/chat?host=/var/run/postgresql', { host: '/var/run/postgresql', user: 'app', database: 'chat' }],
    ['postgres:///chat?host=/run/pg&user=app&port=5433', { host: '/run/pg', port: 5433, user: 'app', database: 'chat' }],
    ['postgresql://app@%2Fvar%2Frun%2Fpostgresql/chat', { host: '/var/run/postgresql', database: 'chat' }],
    ['postgres://[::1]:5433/chat', { host: '::1', port: 5433 }],
    ['postgres://db.example/?dbname=chat', { host: 'db.example', database: 'chat' }],
  ])('%s leads where psql would go, in the clear', (url, expected) => {
    expect(readDatabaseUrl(url, {})).toMatchObject({ ...expected, ...PLAIN });
  });

  it('asks for no TLS over a socket of this machine, whatever stands there', () => {
    for (const mode of ['prefer', 'require', 'verify-full']) {
      expect(readDatabaseUrl(`postgres:///chat?host=/run/pg&sslmode=${mode}`, {})).toMatchObject(PLAIN);
    }
    expect(readDatabaseUrl('postgres:///chat?host=/run/pg', { PGSSLMODE: 'require' })).toMatchObject(PLAIN);
    expect(readDatabaseUrl('postgres:///chat', { PGSSLMODE: 'require', PGHOST: '/run/pg' })).toMatchObject(PLAIN);
  });

  it('takes PGSSLMODE where the URL says nothing', () => {
    const required = { ssl: { rejectUnauthorized: false }, asksForTls: false };
    expect(readDatabaseUrl('postgres://db.example/chat', { PGSSLMODE: 'require' })).toMatchObject(required);
    expect(readDatabaseUrl('postgres://db.example/chat?sslmode=disable', { PGSSLMODE: 'require' })).toMatchObject(PLAIN);
    expect(readDatabaseUrl('postgres://db.example/chat?ssl=false', { PGSSLMODE: 'require' })).toMatchObject(PLAIN);
  });

  it('checks certificates as far as the mode says, and never less', () => {
    const tlsOf = (parameters: string) => readDatabaseUrl(`postgres://db.example/chat?${parameters}`, {}).ssl;
    expect(tlsOf('sslmode=require')).toEqual({ rejectUnauthorized: false });
    expect(tlsOf('sslmode=verify-full')).toEqual({ rejectUnauthorized: true });
    // Without an authority of its own anybody's certificate would do: the name is checked, too.
    expect(tlsOf('sslmode=verify-ca')).toEqual({ rejectUnauthorized: true });
    expect(tlsOf('sslrootcert=system&sslmode=verify-full')).toEqual({ rejectUnauthorized: true });
    expect(() => tlsOf('sslmode=verify-full&sslrootcert=/nowhere.pem')).toThrow(
      /^sslrootcert of DATABASE_URL cannot be used: ENOENT/,
    );
  });
});

describe('a database that refuses', () => {
  const refusal = (code: string, message = ''): Error => Object.assign(new Error(message), { code });

  it.each([
    ['28P01', '', /password in DATABASE_URL/],
    ['3D000', '', /CREATE DATABASE/],
    ['28000', 'no pg_hba.conf entry for host "::1", no encryption', /sslmode=require/],
    ['28000', 'connection requires a valid client certificate', /sslcert=FILE/],
    ['08P01', 'unsupported startup parameter: options', /pooler/],
    ['CERT_HAS_EXPIRED', '', /renew/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', '', /sslrootcert=FILE/],
  ])('with %s %s gets a line that says what to do', (code, message, remedy) => {
    expect(remedyOf(refusal(code, message))).toMatch(remedy);
  });
});

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first of these programs that is installed: names are looked up in PATH, paths are taken as they are. */
function program(...candidates) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const paths = candidates.flatMap((name) => (name.includes('/') ? [name] : folders.map((folder) => join(folder, name))));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  });
}

/** A Python 3 with the client libraries of the documents' examples. Debian's comes first: one from elsewhere seldom has them. */
function pythonWithClients() {
  return ['/usr/bin/python3', program('python3')].find(
    (path) => path && spawnSync(path, ['-c', 'import requests, websockets'], { stdio: 'ignore' }).status === 0,
  );
}

/** The library by which a user id without a name gets one. */
function nssWrapper() {
  const folders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'];
  return folders.map((folder) => join(folder, 'libnss_wrapper.so')).find((path) => existsSync(path));
}

/** A file of this project that is not there from the start. */
function file(path) {
  const full = join(import.meta.dirname, '..', path);
  return existsSync(full) ? full : undefined;
}

/** Where the parts of the test suite are that `npm ci` does not bring; undefined for what this machine does not have. */
export const programs = {
  redis: program('redis-server'),
  chromium: program('chromium', 'chromium-browser', 'google-chrome'),
  python: pythonWithClients(),
  curl: program('curl'),
  openssl: program('openssl'),
  nginx: program('nginx', '/usr/sbin/nginx'),
  caddy: program('caddy'),
  haproxy: program('haproxy', '/usr/sbin/haproxy'),
  pgbouncer: program('pgbouncer', '/usr/sbin/pgbouncer'),
  naming: nssWrapper(),
  generator: file('tools/openapi/node_modules/openapi-typescript/package.json'),
  generators: file('tools/generators/node_modules/orval/package.json'),
};

const PACKAGES = {
  curl: 'curl',
  redis: 'redis-server',
  chromium: 'chromium',
  python: 'python3-requests python3-websockets',
  openssl: 'openssl',
  nginx: 'nginx',
  caddy: 'caddy',
  haproxy: 'haproxy',
  pgbouncer: 'pgbouncer',
  naming: 'libnss-wrapper',
};
const OTHERS = {
  generator: 'npm ci --prefix tools/openapi',
  generators: 'npm ci --ignore-scripts --prefix tools/generators',
};

/** The names of the parts that are missing here. */
export const missing = Object.keys(programs).filter((name) => programs[name] === undefined);

/** Whether nothing may be left out. */
export const everythingRequired = /^(1|true)$/i.test(process.env.CI ?? '') || process.env.REQUIRE_ALL === '1';

const packages = missing.flatMap((name) => PACKAGES[name] ?? []);
const ways = [
  ...(packages.length > 0 ? [`on Debian: apt-get install ${packages.join(' ')}`] : []),
  ...missing.flatMap((name) => OTHERS[name] ?? []),
];

/** One line that says what is left out on this machine and how to get it; empty where nothing is. */
export const leftOut =
  missing.length === 0 ? '' : `Left out here: the tests that need ${missing.join(', ')}. To get them, ${ways.join('; ')}`;

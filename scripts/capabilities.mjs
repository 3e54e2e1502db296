import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
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

/** Where the parts of the test suite are that npm does not bring; undefined for what this machine does not have. */
export const programs = {
  redis: program('redis-server'),
  chromium: program('chromium', 'chromium-browser', 'google-chrome'),
  python: pythonWithClients(),
  curl: program('curl'),
};

const PACKAGES = { curl: 'curl', redis: 'redis-server', chromium: 'chromium', python: 'python3-requests python3-websockets' };

/** The names of the parts that are missing here. */
export const missing = Object.keys(programs).filter((name) => programs[name] === undefined);

/** Whether nothing may be left out. */
export const everythingRequired = /^(1|true)$/i.test(process.env.CI ?? '') || process.env.REQUIRE_ALL === '1';

/** One line that says what is left out on this machine and how to get it; empty where nothing is. */
export const leftOut =
  missing.length === 0
    ? ''
    : `Left out here: the tests that need ${missing.join(', ')}. On Debian: apt-get install ${missing.map((name) => PACKAGES[name]).join(' ')}`;

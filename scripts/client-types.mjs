/**
 * Writes the types of `clients/typescript` from what the server says of itself: `npm run client:types`. The generator has packages of
 * its own: `npm ci --prefix tools/openapi` brings them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { buildWhenNeeded } from './build.mjs';

const top = join(import.meta.dirname, '..');
const target = join(top, 'clients/typescript/src');

/**
 * The files of types, by name, for a running server.
 * @param url of the server
 */
export async function typesOf(url) {
  const [openapi, asyncapi] = [await json(`${url}/openapi.json`), await json(`${url}/asyncapi.json`)];
  const { data } = await json(`${url}/api/v1/commands/system/commands`, { method: 'POST' });
  const generator = spawn(process.execPath, [join(top, 'tools/openapi/generate.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(generator, 'close');
  generator.stdin.end(JSON.stringify({ openapi, asyncapi, commands: data.commands }));
  const made = await text(generator.stdout);
  const [code] = await ended;
  if (code !== 0) throw new Error(`The generator ended with ${code}. Its packages: npm ci --prefix tools/openapi`);
  return JSON.parse(made);
}

async function json(url, options) {
  const response = await fetch(url, options);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}

/** Starts what is built, with a database of its own, for as long as `work` takes. */
async function withServer(work) {
  const folder = await mkdtemp(join(tmpdir(), 'switchboard-types-'));
  // As root, PostgreSQL runs as another user, who has to get through here.
  await chmod(folder, 0o755);
  const server = spawn(process.execPath, [join(top, 'dist/src/main.js')], {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(server, 'exit');
  try {
    return await work(await addressOf(server));
  } finally {
    server.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true, force: true });
  }
}

async function addressOf(server) {
  for await (const line of createInterface({ input: server.stderr })) {
    const [url] = /http:\/\/\S+:\d+/.exec(line) ?? [];
    if (url) {
      server.stderr.resume();
      return url;
    }
    process.stderr.write(`${line}\n`);
  }
  throw new Error('The server did not start');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!(await buildWhenNeeded())) process.exit(1);
  const files = await withServer(typesOf);
  for (const [name, content] of Object.entries(files)) await writeFile(join(target, name), content);
  console.log(`Written: ${Object.keys(files).join(', ')}`);
}

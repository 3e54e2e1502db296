import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { cp, mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const top = dirname(import.meta.dirname);

const dist = join(top, 'dist');
/** Its time is when the last complete build began: whatever is newer is not in that build. */
const stamp = '.built';
const SOURCES = [
  'src',
  'web',
  'clients/typescript/src',
  'scripts',
  'ormconfig.ts',
  'tsconfig.json',
  'tsconfig.build.json',
  'package.json',
  'package-lock.json',
];

/** Milliseconds of the last change at or below `path`. A folder's own time tells of files that were removed. */
function changed(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isDirectory()) return found?.mtimeMs ?? 0;
  return Math.max(found.mtimeMs, ...readdirSync(path).map((name) => changed(join(path, name))));
}

function isCurrent() {
  // A container holds what was built and nothing to build it from.
  if (!existsSync(join(top, 'src')) && existsSync(dist)) return true;
  const built = statSync(join(dist, stamp), { throwIfNoEntry: false })?.mtimeMs;
  return built !== undefined && SOURCES.every((path) => changed(join(top, path)) < built);
}

/** Builds unless `dist` holds all that the sources say. Returns as `build` does. */
export async function buildWhenNeeded() {
  if (isCurrent()) return true;
  process.stderr.write('Building …\n');
  return build();
}

/** Parts of pages, which the code that serves them looks for beside itself. */
const isServedAsItIs = (path) => statSync(path).isDirectory() || /\.(html|css|svg|client\.js)$/.test(path);

/**
 * Compiles everything into `dist`, which is replaced only by a build that is complete.
 * @returns whether it compiled; if not, the compiler has said why
 */
export async function build() {
  const began = new Date();
  const unfinished = join(top, `.dist-${process.pid}`);
  try {
    const [compiled] = await Promise.all([compile(unfinished), bundleConsole(join(unfinished, 'console'))]);
    if (!compiled) return false;
    await cp(join(top, 'src'), join(unfinished, 'src'), { recursive: true, filter: isServedAsItIs });
    await mkdir(join(unfinished, 'assets'));
    const { assets } = await import('./assets.mjs');
    await Promise.all(assets.map(async ({ name, make }) => writeFile(join(unfinished, 'assets', name), await make(unfinished))));
    await writeFile(join(unfinished, stamp), '');
    await utimes(join(unfinished, stamp), began, began);
    await rm(dist, { recursive: true, force: true });
    await rename(unfinished, dist);
    return true;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** What `web/` says becomes files that the server serves. */
async function bundleConsole(outDir) {
  // Loaded only here: whatever runs what is built already need not wait for it.
  const { build: bundle } = await import('vite');
  await bundle({ configFile: join(top, 'web/vite.config.ts'), logLevel: 'warn', build: { outDir } });
}

async function compile(outDir) {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve('typescript/package.json');
  const tsc = join(dirname(manifest), require(manifest).bin.tsc);
  const child = spawn(process.execPath, [tsc, '-p', join(top, 'tsconfig.build.json'), '--outDir', outDir], { stdio: 'inherit' });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
  return code === 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const done = await (process.argv.includes('--when-needed') ? buildWhenNeeded() : build());
  process.exitCode = done ? 0 : 1;
}

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const top = resolve(import.meta.dirname, '../..');

/** What the kit and its examples use, in the place of an installation. */
const INSTALLED = ['openapi-fetch', 'socket.io-client', 'ws'];

export interface PackedKit {
  /** A project in which the package is installed. */
  readonly folder: string;
  /** What is in the package, without what npm puts before it. */
  readonly files: readonly string[];
  remove(): Promise<void>;
}

/** Builds and packs the client kit, and makes a project that has it. */
export async function packedKit(): Promise<PackedKit> {
  const work = await mkdtemp(join(tmpdir(), 'switchboard-kit-'));
  const [source, folder] = [join(work, 'source'), join(work, 'project')];
  await cp(join(top, 'clients/typescript'), source, {
    recursive: true,
    filter: (path) => !/[\\/](dist|node_modules)$/.test(path),
  });
  await symlink(join(top, 'node_modules'), join(work, 'node_modules'), 'junction');
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  await run(process.execPath, [join(dirname(manifest), 'bin/tsc'), '-p', source]);
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', work], { cwd: source });
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  const installed = join(folder, 'node_modules');
  await mkdir(join(installed, 'switchboard-client'), { recursive: true });
  await run('tar', ['-xzf', join(work, packed.filename), '--strip-components=1', '-C', join(installed, 'switchboard-client')]);
  for (const name of INSTALLED) await symlink(join(top, 'node_modules', name), join(installed, name), 'junction');
  return {
    folder,
    files: packed.files.map(({ path }) => path),
    remove: () => rm(work, { recursive: true, force: true }),
  };
}

/** Bundles a module of such a project as a page would load it. @param external names that are left out. @returns the code */
export async function bundleOf(folder: string, entry: string, external: readonly string[] = []): Promise<string> {
  const { build } = await import('vite');
  const output = await build({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      target: 'es2022',
      rolldownOptions: { input: join(folder, entry), external: [...external], preserveEntrySignatures: 'strict' },
    },
  });
  const outputs = (Array.isArray(output) ? output : [output]) as { output: { type: string; code?: string }[] }[];
  return outputs.flatMap((one) => one.output.map(({ code }) => code ?? '')).join('\n');
}

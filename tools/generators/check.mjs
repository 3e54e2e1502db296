/**
 * Does with our documents what others do: `check.mjs <step> <folder> <url> <user name> <password>`. The folder has `openapi.json` and
 * `asyncapi.json` of the server at the address, and gets all that is made. A step is `lint`, `modelina`, or the name of a generator: its client is
 * generated, compiled under `strict`, and logs in, reads, writes and logs out. Ends with 1, and what was said, if anything is wrong.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const [step, folder, url, username, password] = process.argv.slice(2);
const openapi = join(folder, 'openapi.json');
const asyncapi = join(folder, 'asyncapi.json');
const work = join(folder, step);

/** Nobody calls home, and nobody paints. */
const QUIET = { CI: 'true', NO_COLOR: '1', REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', DO_NOT_TRACK: '1' };

function run(args, env = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: work,
    env: { ...process.env, ...QUIET, ...env },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return;
  process.stderr.write(`${args.join(' ')} ended with ${status}\n${stdout}\n${stderr}\n`);
  process.exit(1);
}

/** The program of a package of ours. */
function bin(name, command = name) {
  const root = join(here, 'node_modules', name);
  const { bin: programs } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return join(root, typeof programs === 'string' ? programs : programs[command]);
}

const generated = (name) => join(work, 'generated', name);

const GENERATORS = {
  'openapi-typescript': () => run([bin('openapi-typescript'), openapi, '-o', generated('api.ts')]),
  orval: () => {
    const output = { target: generated('api.ts'), client: 'fetch', mode: 'single', baseUrl: url };
    const config = { api: { input: openapi, output } };
    writeFileSync(join(work, 'orval.config.cjs'), `module.exports = ${JSON.stringify(config)};\n`);
    run([bin('orval'), '--config', 'orval.config.cjs']);
  },
  'hey-api': () =>
    run([
      bin('@hey-api/openapi-ts', 'openapi-ts'),
      '-i',
      openapi,
      '-o',
      generated(''),
      '-c',
      '@hey-api/client-fetch',
      '--no-log-file',
    ]),
  'swagger-typescript-api': () =>
    run([bin('swagger-typescript-api'), 'generate', '-p', openapi, '-o', generated(''), '-n', 'api.ts']),
  oazapfts: () => run([bin('oazapfts'), openapi, generated('api.ts')]),
};

const STRICT = {
  compilerOptions: {
    strict: true,
    noEmit: true,
    target: 'ES2022',
    lib: ['ES2022', 'DOM', 'DOM.Iterable'],
    module: 'ESNext',
    moduleResolution: 'bundler',
    skipLibCheck: true,
    types: [],
  },
  include: ['*.ts', 'generated'],
};

function compile() {
  writeFileSync(join(work, 'tsconfig.json'), JSON.stringify(STRICT));
  run([bin('typescript', 'tsc'), '-p', 'tsconfig.json']);
}

function tryClient(generate) {
  generate();
  cpSync(join(here, 'scenarios', `${step}.ts`), join(work, 'scenario.ts'));
  for (const name of ['client.ts', 'run.ts']) cpSync(join(here, 'scenarios', name), join(work, name));
  writeFileSync(join(work, 'node.d.ts'), 'declare const process: { env: Record<string, string | undefined>; argv: string[] };\n');
  compile();
  run(['--import', import.meta.resolve('tsx'), 'run.ts', username, password], { BASE: url });
}

/** What of a linter's findings has to be fixed. Warnings are for style; they are printed only beside errors. */
function lint() {
  run([bin('@redocly/cli', 'redocly'), 'lint', openapi, '--config', join(here, 'redocly.yaml')]);
  const spectral = bin('@stoplight/spectral-cli', 'spectral');
  run([spectral, 'lint', openapi, '--ruleset', join(here, 'spectral-openapi.yaml'), '--fail-severity', 'error']);
  run([spectral, 'lint', asyncapi, '--ruleset', join(here, 'spectral-asyncapi.yaml'), '--fail-severity', 'error']);
}

async function modelina() {
  const { TypeScriptFileGenerator } = await import('@asyncapi/modelina');
  const generator = new TypeScriptFileGenerator({ modelType: 'interface', rawPropertyNames: true });
  const options = { exportType: 'named' };
  await generator.generateToFiles(JSON.parse(readFileSync(asyncapi, 'utf8')), generated(''), options);
  const count = readdirSync(generated('')).length;
  if (count < 50) throw new Error(`only ${count} models`);
  compile();
}

rmSync(work, { recursive: true, force: true });
mkdirSync(join(work, 'generated'), { recursive: true });
symlinkSync(join(here, 'node_modules'), join(work, 'node_modules'), 'junction');
writeFileSync(join(work, 'package.json'), '{"private":true,"type":"module"}\n');
if (step === 'lint') lint();
else if (step === 'modelina') await modelina();
else tryClient(GENERATORS[step]);
process.stdout.write(`${step}: good\n`);

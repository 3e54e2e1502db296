/** Everything a reviewer would look at first, one line each: `npm run check`. Goes on after a fault, so that one run shows all of them. */
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

const top = join(import.meta.dirname, '..');

const steps = [
  { name: 'format', command: ['biome', 'format', '.'] },
  { name: 'types', command: ['tsc', '--noEmit', '-p', 'tsconfig.json'] },
  { name: 'kit types', command: ['tsc', '--noEmit', '-p', 'clients/typescript/tsconfig.json'] },
  { name: 'page types', command: ['tsc', '--noEmit', '-p', 'web/tsconfig.json'] },
  { name: 'lint', command: ['oxlint', '--type-aware'] },
  { name: 'layers', command: ['depcruise', '--config', '.dependency-cruiser.cjs', 'src', 'clients', 'test', 'ormconfig.ts'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
  { name: 'packages', command: [process.execPath, 'scripts/floors.mjs'] },
];

/** Runs a command of this project's own packages. @returns its exit code and all it said */
function run([program, ...args]) {
  const path = [join(top, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const windows = process.platform === 'win32';
  const child = spawn(program, args, {
    cwd: top,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: windows,
  });
  return new Promise((resolve, reject) => {
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.once('error', reject).once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

let failed = 0;
for (const { name, command } of steps) {
  const from = performance.now();
  const { code, output } = await run(command);
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(10)} ${seconds.padStart(5)} s`);
  if (code === 0) continue;
  failed += 1;
  console.log(output.trimEnd());
}
process.exitCode = failed > 0 ? 1 : 0;

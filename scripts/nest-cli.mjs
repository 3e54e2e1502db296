import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

// Runs `nest g` as docs/extending.md prints it, in a copy, and compiles what it made.

const top = dirname(import.meta.dirname);
const [command] = /^npx .* nest g .*$/m.exec(readFileSync(join(top, 'docs/extending.md'), 'utf8')) ?? [];
if (command === undefined) throw new Error('docs/extending.md has no line with nest g');

const folder = mkdtempSync(join(tmpdir(), 'switchboard-nest-'));
const run = (program, args) => execFileSync(program, args, { cwd: folder, stdio: 'inherit' });
try {
  for (const name of ['nest-cli.json', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'ormconfig.ts', 'src']) {
    cpSync(join(top, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(top, 'node_modules'), join(folder, 'node_modules'));
  const [program, ...args] = command.split(' ');
  run(program, args);
  readFileSync(join(folder, 'src/greeting/greeting.service.ts'));
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noEmit']);
  console.log('What nest g has made compiles.');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

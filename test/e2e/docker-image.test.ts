import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { until } from '../support/until.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const top = resolve(import.meta.dirname, '../..');

interface Locked {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly bin?: Readonly<Record<string, string>> }>>;
}

/** The last stage of docker/Dockerfile, done in a folder: what it copies, and its environment. */
class Image {
  private constructor(
    readonly folder: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async make(): Promise<Image> {
    const folder = await mkdtemp(join(tmpdir(), 'switchboard-image-'));
    await chmod(folder, 0o755);
    const text = (await readFile(join(top, 'docker/Dockerfile'), 'utf8')).replace(/\\\n/g, ' ');
    const stage = text.slice(text.lastIndexOf('\nFROM '));
    const environment = Object.fromEntries(
      [...stage.matchAll(/^ENV (.*)$/gm)].flatMap(([, line = '']) =>
        [...line.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
      ),
    );
    for (const [, flag = '', from = '', to = ''] of stage.matchAll(/^COPY (--from=\w+ )?(\S+) (\S+)$/gm)) {
      if (flag.includes('packages')) await linkPackages(join(folder, to));
      else await cp(join(top, from.replace('/app/', '')), join(folder, to === './' ? from : to), { recursive: true });
    }
    return new Image(folder, environment);
  }

  start(args: readonly string[], variables: Readonly<Record<string, string>>): ChildProcess {
    const [program = '', ...rest] = args;
    const env = { PATH: process.env['PATH'], HOME: '/nonexistent', ...this.environment, ...variables };
    return spawn(program, rest, { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  }

  async run(args: readonly string[], variables: Readonly<Record<string, string>>) {
    const child = this.start(args, variables);
    const outcome = { out: '', err: '' };
    child.stdout?.on('data', (text: Buffer) => (outcome.out += text.toString()));
    child.stderr?.on('data', (text: Buffer) => (outcome.err += text.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, ...outcome };
  }
}

/** What `npm ci --omit=dev` installs, and no more. */
async function linkPackages(to: string): Promise<void> {
  const { packages } = JSON.parse(await readFile(join(top, 'package-lock.json'), 'utf8')) as Locked;
  await mkdir(join(to, '.bin'), { recursive: true });
  for (const [path, { dev, bin = {} }] of Object.entries(packages)) {
    const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? [];
    if (name === undefined || dev || !existsSync(join(top, path))) continue;
    await mkdir(dirname(join(to, name)), { recursive: true });
    await symlink(join(top, path), join(to, name), 'junction');
    for (const [program, file] of Object.entries(bin)) {
      await symlink(join(top, path, file), join(to, '.bin', program)).catch(() => undefined);
    }
  }
}

describe('the Docker image', () => {
  let image: Image;
  let database: TestDatabase;
  let variables: Record<string, string>;
  beforeAll(async () => {
    image = await Image.make();
    database = await createDatabase();
    variables = {
      DATABASE_URL: database.url,
      DATA_DIR: join(image.folder, 'data'),
      APP_SECRET: 'a secret of thirty-two bytes at least',
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'warn',
      npm_config_cache: join(image.folder, 'npm'),
    };
  });
  afterAll(async () => {
    await database.drop();
    await rm(image.folder, { recursive: true, force: true });
  });

  it('knows every script that docs/operations.md and docs/cli.md name', async () => {
    const documents = await Promise.all(['operations.md', 'cli.md'].map((name) => readFile(join(top, 'docs', name), 'utf8')));
    const named = new Set(documents.join('\n').match(/npm (?:run (?:--silent )?[\w:]+|start)/g));
    const { scripts } = JSON.parse(await readFile(join(image.folder, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const command of named) {
      const script = scripts[command.split(' ').at(-1) ?? ''] ?? '';
      const files = script.match(/(?:scripts|dist)\/[\w./-]+/g) ?? [];
      expect(files.length, command).toBeGreaterThan(0);
      for (const file of files) expect(existsSync(join(image.folder, file)), file).toBe(true);
    }
  });

  it('runs the command line, backups and migrations without sources and development packages', async () => {
    const cli = ['npm', 'run', '--silent', 'cli', '--'];
    expect(
      await image.run([...cli, 'users', 'create', 'keeper', '--superuser', '--generate-password', '--json'], variables),
    ).toMatchObject({
      code: 0,
      err: '',
    });
    const file = join(image.folder, 'kept.tar.gz');
    expect(await image.run([...cli, 'db', 'backup', file, '--json'], variables)).toMatchObject({ code: 0, err: '' });
    expect(await image.run([...cli, 'db', 'status'], variables)).toMatchObject({ code: 0 });
    const reverted = await image.run(['npm', 'run', 'migration:revert'], variables);
    expect([reverted.code, reverted.out]).toEqual([0, expect.stringMatching(/reverted successfully/i)]);
    expect(await image.run([...cli, 'db', 'migrate'], variables)).toMatchObject({ code: 0 });
  });

  it.each([
    ['npm', 'start'],
    ['npm', 'run', 'start:prod'],
    ['node', '--enable-source-maps', 'dist/src/main.js'],
  ])('starts by %s %s', async (...command) => {
    const server = image.start(command, variables);
    let said = '';
    server.stderr?.on('data', (text: Buffer) => (said += text.toString()));
    try {
      await until(() => server.exitCode !== null || /is up at/.test(said), 30_000);
      expect(said).toMatch(/is up at/);
    } finally {
      if (server.pid !== undefined && server.exitCode === null) process.kill(-server.pid, 'SIGTERM');
      if (server.exitCode === null) await once(server, 'exit');
    }
  });
});

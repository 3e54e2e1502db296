import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const top = resolve(import.meta.dirname, '../..');
const DEADLINE_MS = 20_000;

export interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs a program with a text on its standard input, without the proxies that this machine may use: examples speak to this machine itself.
 * @param enough ends it when what it has printed is all that is waited for
 */
export async function runExample(
  program: string,
  args: readonly string[],
  input: string,
  enough: (out: string) => boolean = () => false,
): Promise<Run> {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], LANG: 'C.UTF-8', PYTHONIOENCODING: 'utf-8' };
  const child = spawn(program, args, { cwd: top, env, stdio: ['pipe', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (enough(out)) child.kill('SIGKILL');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return { code, out, err };
}

/** Runs JavaScript as a browser would, in Node: with the browser's `WebSocket`, which Node 20 lacks. */
export const runJavaScript = (code: string, enough?: (out: string) => boolean): Promise<Run> =>
  runExample(
    process.execPath,
    ['--input-type=module'],
    `import { WebSocket } from 'ws';\nglobalThis.WebSocket ??= WebSocket;\n${code}`,
    enough,
  );

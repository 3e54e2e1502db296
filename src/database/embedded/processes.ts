import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether a process of that number exists, whoever owns it. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * When a process started, as a text that no later process of the same number has; undefined where there is no such process.
 * Where the system does not tell (Windows), the text is the same for all.
 */
export async function startOf(pid: number): Promise<string | undefined> {
  if (!alive(pid)) return undefined;
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    if (text !== undefined) {
      // proc(5): the second field is a name that may hold anything, brackets and spaces too; `starttime` is field 22.
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    }
  }
  if (process.platform === 'win32') return 'unknown';
  const answer = await run('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => undefined);
  return answer ? answer.stdout.trim().replace(/\W+/g, '-') : undefined;
}

/** Whether `pid` is a PostgreSQL process that works in that cluster. */
export async function worksIn(pid: number, cluster: string): Promise<boolean> {
  if (process.platform === 'linux') {
    const [folder, name] = await Promise.all([
      readlink(`/proc/${pid}/cwd`).catch(() => ''),
      readFile(`/proc/${pid}/comm`, 'utf8').catch(() => ''),
    ]);
    return folder === cluster && name.startsWith('postgres');
  }
  if (process.platform === 'win32') return alive(pid);
  const answer = await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => undefined);
  return answer?.stdout.includes(cluster) === true && answer.stdout.includes('postgres');
}

/** Whether any process at all works in that cluster; where the system does not tell, we say yes. */
export async function anyWorksIn(cluster: string): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  return (await Promise.all(pids.map((pid) => worksIn(pid, cluster)))).some(Boolean);
}

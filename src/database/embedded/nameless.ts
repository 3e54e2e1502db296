import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseStartError } from '../start-error.js';

/** Where Debian, Red Hat and Alpine put the library that answers for /etc/passwd. */
const WRAPPERS = [
  `/usr/lib/${{ x64: 'x86_64', arm64: 'aarch64' }[process.arch as string] ?? process.arch}-linux-gnu/libnss_wrapper.so`,
  '/usr/lib64/libnss_wrapper.so',
  '/usr/lib/libnss_wrapper.so',
];

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * The environment in which `initdb` finds a name for a user id that this system has none for, as containers of OpenShift run under. `initdb`
 * alone asks for one.
 * @param folder to write two small files into
 * @throws DatabaseStartError where the library is missing
 */
export async function namedEnvironment(folder: string, libraries: readonly string[] = WRAPPERS): Promise<NodeJS.ProcessEnv> {
  const uid = process.getuid?.() ?? 0;
  for (const library of libraries) {
    if (!(await isThere(library))) continue;
    const [passwd, group] = [join(folder, 'passwd'), join(folder, 'group')];
    const gid = process.getgid?.() ?? 0;
    await writeFile(passwd, `switchboard:x:${uid}:${gid}::/:/bin/false\n`);
    await writeFile(group, `switchboard:x:${gid}:\n`);
    return { LD_PRELOAD: library, NSS_WRAPPER_PASSWD: passwd, NSS_WRAPPER_GROUP: group };
  }
  throw new DatabaseStartError(
    `PostgreSQL cannot make a database under the user id ${uid}, which has no name in /etc/passwd. Set DATABASE_URL, or run as a user with a name (docker run --user node), or install libnss-wrapper.`,
  );
}

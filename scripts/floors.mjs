/**
 * Compares package-lock.json with scripts/floors.json: no version with a known hole, no second copy of what must be one, and no range where
 * a version has to be exact. It needs no network, unlike `npm audit`.
 */
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const numbers = (version) => version.split('-')[0].split('.').map(Number);

/** Whether version `a` is lower than `b`; both without pre-release tags. */
function isLower(a, b) {
  const [left, right] = [numbers(a), numbers(b)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at !== -1 && left[at] < right[at];
}

/** Every fault, each as one sentence. */
export function faultsOf({ floors, single, exact }, lock, manifest) {
  const installed = Object.entries(lock.packages).flatMap(([path, { version }]) => {
    const name = path.split('node_modules/').at(-1);
    return path && version ? [{ name, path, version }] : [];
  });
  const copies = (name) => installed.filter((entry) => entry.name === name);
  const wanted = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  return [
    ...floors.flatMap(({ package: name, atLeast, because }) => {
      const found = copies(name);
      if (found.length === 0) return [`${name} is not in the lock: take its floor out of scripts/floors.json`];
      const low = found.filter(({ version }) => isLower(version, atLeast));
      return low.map(({ path, version }) => `${path} is ${version}, must be at least ${atLeast}: ${because}`);
    }),
    ...single.flatMap(({ package: name, because }) => {
      const found = copies(name);
      return found.length === 1
        ? []
        : [`${name} is there ${found.length} times (${found.map(({ path }) => path).join(', ')}): ${because}`];
    }),
    ...exact.flatMap(({ package: name, because }) =>
      /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(wanted[name] ?? '')
        ? []
        : [`${name} is wanted as "${wanted[name]}", must be exact: ${because}`],
    ),
  ];
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = new URL('../', import.meta.url);
  const read = async (name) => JSON.parse(await readFile(new URL(name, root), 'utf8'));
  const faults = faultsOf(await read('scripts/floors.json'), await read('package-lock.json'), await read('package.json'));
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

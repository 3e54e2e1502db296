import { everythingRequired, leftOut, missing, type Part, programs } from '../../scripts/capabilities.mjs';

// In CI a missing part must not make tests vanish.
if (everythingRequired && missing.length > 0) throw new Error(leftOut);

/** Which parts that `npm ci` does not bring are on this machine: `describe.runIf(has.redis)`. */
export const has: Readonly<Record<Part, boolean>> = {
  redis: programs.redis !== undefined,
  chromium: programs.chromium !== undefined,
  python: programs.python !== undefined,
  curl: programs.curl !== undefined,
  generator: programs.generator !== undefined,
  generators: programs.generators !== undefined,
  openssl: programs.openssl !== undefined,
  nginx: programs.nginx !== undefined,
  caddy: programs.caddy !== undefined,
  haproxy: programs.haproxy !== undefined,
  pgbouncer: programs.pgbouncer !== undefined,
  naming: programs.naming !== undefined,
};

/**
 * The path of such a program, for tests that run only where it is.
 * @throws Error where it is not
 */
export function programOf(part: Part): string {
  const path = programs[part];
  if (path === undefined) throw new Error(leftOut);
  return path;
}

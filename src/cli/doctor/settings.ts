import { readFile, stat } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { SETTING_NAMES, Settings, SettingsError } from '../../config/settings.js';
import { codeOf, reasonOf } from '../../errors/thrown.js';
import { Refusal } from '../failures.js';
import { checked, NewAccountFields, NewPasswordFields } from '../new-account.js';
import { visible } from '../print.js';
import { type Finding, fault, ok, warning } from './finding.js';

export type Variables = Readonly<Record<string, string | undefined>>;

/** Settings as far as they can be used. */
export interface Usable {
  /** With the default in the place of what cannot be used. */
  readonly settings: Settings;
  /** Names of those that cannot be used: what depends on them cannot be checked. */
  readonly broken: ReadonlySet<string>;
  readonly findings: readonly Finding[];
}

const CHECK = 'settings';
/** In the place of a secret that is missing; nothing is sealed with it. */
const PLACEHOLDER = 'x'.repeat(32);

/** Reads all settings and names each that the start would refuse, where the start names the first. */
export function readSettings(variables: Variables): Usable {
  const usable: Record<string, string | undefined> = { ...variables };
  const broken = new Set<string>();
  const findings: Finding[] = [];
  for (;;) {
    try {
      const settings = Settings.from(usable);
      findings.push(...ofFirstSuperuser(settings), ...ofLimits(settings), ...ofOrigins(settings));
      if (findings.length === 0) findings.push(ok(CHECK, countedText(variables)));
      return { settings, broken, findings };
    } catch (thrown) {
      const name = thrown instanceof SettingsError ? (/^\w+/.exec(thrown.message)?.[0] ?? '') : '';
      if (name === '' || broken.has(name)) throw thrown;
      const { message } = thrown as SettingsError;
      findings.push(fault(CHECK, message, `Change ${name} in .env or the environment; the server does not start with it.`));
      broken.add(name);
      usable[name] = name.endsWith('APP_SECRET') ? PLACEHOLDER : undefined;
    }
  }
}

function countedText(variables: Variables): string {
  const count = SETTING_NAMES.filter((name) => variables[name]).length;
  return count === 0 ? 'none is set: the defaults hold' : `${count} set, and all can be used`;
}

function ofFirstSuperuser(settings: Settings): Finding[] {
  const { FIRST_SUPERUSER_USERNAME: name, FIRST_SUPERUSER_PASSWORD: password, FIRST_SUPERUSER_EMAIL: email } = settings;
  if (name === undefined && password === undefined && email === undefined) return [];
  const mend = 'Set FIRST_SUPERUSER_USERNAME and FIRST_SUPERUSER_PASSWORD by the rules of every account, or neither.';
  if (name === undefined || password === undefined) {
    const missing = name === undefined ? 'FIRST_SUPERUSER_USERNAME' : 'FIRST_SUPERUSER_PASSWORD';
    return [fault(CHECK, `${missing} is missing: the FIRST_SUPERUSER settings belong together`, mend)];
  }
  try {
    checked(NewAccountFields, { user_name: name, email });
    checked(NewPasswordFields, { password });
    return [];
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    return [fault(CHECK, `the first superuser cannot be made: ${thrown.message}`, mend)];
  }
}

function ofLimits({ NODE_ENV, RATE_LIMIT, LOGIN_THROTTLE }: Settings): Finding[] {
  if (NODE_ENV !== 'production') return [];
  const off = [!RATE_LIMIT && 'RATE_LIMIT', !LOGIN_THROTTLE && 'LOGIN_THROTTLE'].filter((name) => name !== false);
  return off.map((name) =>
    warning(CHECK, `${name} is off in production: passwords can be guessed at full speed`, `Take ${name}=off away.`),
  );
}

/** Whether CORS_ORIGINS names the server itself by another scheme or port than PUBLIC_URL: one of the two is a slip, as a rule. */
function ofOrigins({ PUBLIC_URL, CORS_ORIGINS }: Settings): Finding[] {
  if (PUBLIC_URL === undefined) return [];
  const own = new URL(PUBLIC_URL);
  return CORS_ORIGINS.filter((origin) => origin !== own.origin && new URL(origin).hostname === own.hostname).map((origin) =>
    warning(
      CHECK,
      `CORS_ORIGINS lets ${origin} in, which is not the origin of PUBLIC_URL, ${own.origin}`,
      'Take it out of CORS_ORIGINS, or change PUBLIC_URL, unless pages are served there.',
    ),
  );
}

/** Whether others may read the file with the settings, and whether it sets what nobody reads. */
export async function checkEnvFile(path: string): Promise<Finding[]> {
  const check = '.env';
  let text: string;
  let mode: number;
  try {
    [text, { mode }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return [ok(check, 'there is none: the settings come from the environment')];
    return [fault(check, `cannot be read: ${reasonOf(thrown)}`, 'Let the user that runs the server read it.')];
  }
  const findings: Finding[] = [];
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    const shown = (mode & 0o777).toString(8);
    findings.push(warning(check, `other users of this machine may read or change it (mode ${shown})`, 'chmod 600 .env'));
  }
  for (const name of Object.keys(parseEnv(text)).filter((one) => !SETTING_NAMES.includes(one))) {
    const near = SETTING_NAMES.find((known) => distance(known, name.toUpperCase()) <= 2);
    if (near === undefined) continue;
    findings.push(warning(check, `${visible(name)} is no setting; is ${near} meant?`, `Write ${near}, or take the line out.`));
  }
  return findings.length > 0 ? findings : [ok(check, 'only its owner can read it')];
}

/** How many letters have to be changed, added or left out to make one name of another (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

import { checkDatabase, START_MS } from './database.js';
import { type Finding, LIMIT_MS, type Look, ok, warning, within } from './finding.js';
import { checkDataDir, checkMemory, checkNode, checkOpenFiles, checkThreads } from './machine.js';
import { checkMailServer, checkOutbox, checkSender } from './mail.js';
import { maskOf } from './mask.js';
import { checkRedis } from './redis.js';
import { checkSecret } from './secret.js';
import { checkEnvFile, readSettings, type Usable, type Variables } from './settings.js';
import { checkPort, checkProxy, checkPublicUrl } from './web.js';

/** To start an embedded database, to look at the server itself, to look at the rest, and to stop it. */
const DATABASE_LIMIT_MS = START_MS + 4 * LIMIT_MS;

export interface Patient {
  /** The settings as they are given. */
  readonly variables: Variables;
  /** Where the file with settings is, if there is one. */
  readonly envFile: string;
}

/**
 * Looks at everything that a server needs, side by side, each for a few seconds at most. Changes nothing.
 * @returns what was found, in an order that stays the same; nothing in it is a secret
 */
export async function diagnose({ variables, envFile }: Patient): Promise<Finding[]> {
  const usable = readSettings(variables);
  const found = await Promise.all([
    within('settings', async () => usable.findings),
    within('.env', () => checkEnvFile(envFile)),
    within('machine', async () => [checkNode(), checkMemory(), ...(await checkOpenFiles()), checkThreads()]),
    ...checksOf(usable),
  ]);
  return found.flat().map(maskOf(variables));
}

function checksOf({ settings, broken }: Usable): Promise<readonly Finding[]>[] {
  const { REDIS_URL, SMTP_URL } = settings;
  /** Nothing is looked at by settings that cannot be used. */
  const unless = (check: string, names: readonly string[], look: Look, limitMs?: number): Promise<readonly Finding[]> => {
    const name = names.find((one) => broken.has(one));
    if (name === undefined) return within(check, look, limitMs);
    return Promise.resolve([warning(check, `not checked, for want of ${name}`, `Mend ${name} first.`)]);
  };
  const noRedis: Look = async () => [ok('redis', 'no REDIS_URL: one node needs none')];
  const noMailServer: Look = async () => [checkOutbox(settings)];
  return [
    unless('APP_SECRET', ['APP_SECRET'], async () => [checkSecret(settings)]),
    unless('data folder', ['DATA_DIR', 'DATABASE_URL'], () => checkDataDir(settings)),
    // An embedded one may have to be started first; what is then looked at has limits of its own.
    unless('database', ['DATA_DIR', 'DATABASE_URL', 'DATABASE_POOL'], () => checkDatabase(settings), DATABASE_LIMIT_MS),
    unless('redis', ['REDIS_URL'], REDIS_URL ? checkRedis(REDIS_URL) : noRedis),
    unless('mail', ['SMTP_URL'], SMTP_URL ? checkMailServer(SMTP_URL) : noMailServer),
    unless('mail', ['MAIL_FROM'], async () => (SMTP_URL ? checkSender(settings) : [])),
    unless('port', ['HOST', 'PORT'], checkPort(settings)),
    unless('public address', ['PUBLIC_URL'], checkPublicUrl(settings)),
    unless('proxy', ['TRUST_PROXY', 'PUBLIC_URL'], async () => [checkProxy(settings)]),
  ];
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppSecret } from '../../auth/app-secret.js';
import { unseal } from '../../auth/key-pair.js';
import { SEALING_PURPOSE } from '../../auth/signing-keys.js';
import type { Settings } from '../../config/settings.js';
import { connectionConfig } from '../../database/connection.js';
import { DatabaseClient } from '../../database/database-client.js';

/**
 * Whether the root secret opens the key that signs: it `fits`; the one before does (`previous`), until it is sealed anew; it is that of `other` keys; it is `missing`, and the next start would make a
 * new one; or there is `none` to be opened.
 */
export type KeySeal = 'fits' | 'previous' | 'other' | 'missing' | 'none';

const ACTIVE = 'SELECT kid, sealed_private FROM signing_keys WHERE retired_at IS NULL ORDER BY created_at DESC, kid LIMIT 1';

/**
 * Tries the secret on the signing keys. Makes none where there is none.
 * @throws the driver's error where the database does not answer
 */
export async function opensKeys(
  url: string,
  settings: Pick<Settings, 'APP_SECRET' | 'PREVIOUS_APP_SECRET' | 'DATA_DIR'>,
): Promise<KeySeal> {
  const client = new DatabaseClient(connectionConfig(url, 'switchboard-cli'));
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ kid: string; sealed_private: Buffer }>(ACTIVE);
    const [key] = rows;
    if (!key) return 'none';
    const secret = settings.APP_SECRET ?? (await secretIn(settings.DATA_DIR));
    if (secret === undefined) return 'missing';
    const secrets = new AppSecret(secret, settings.PREVIOUS_APP_SECRET);
    if (unseal(key.sealed_private, key.kid, secrets.keyFor(SEALING_PURPOSE))) return 'fits';
    const previous = secrets.previousKeyFor(SEALING_PURPOSE);
    return previous && unseal(key.sealed_private, key.kid, previous) ? 'previous' : 'other';
  } finally {
    await client.end();
  }
}

const secretIn = async (folder: string): Promise<string | undefined> =>
  (await readFile(join(folder, 'app-secret'), 'utf8').catch(() => '')).trim() || undefined;

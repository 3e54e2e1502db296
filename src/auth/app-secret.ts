import { hkdfSync, randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../config/settings.js';
import { syncFolder } from '../database/sync-folder.js';
import { codeOf, reasonOf } from '../errors/thrown.js';

const FILE = 'app-secret';
const LEAST_BYTES = 32;

/** The root secret cannot be had, or is not the one that belongs to the data; `message` is the whole line to print. */
export class AppSecretError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AppSecretError';
  }
}

/** The root secret, with the one before while it is being changed, from which a key is derived for each purpose. It is never stored in the database and never printed. */
export class AppSecret {
  constructor(
    private readonly secret: string,
    private readonly previous?: string,
  ) {}

  /**
   * APP_SECRET, or else the one in DATA_DIR, made there when there is none. Several processes may call this at once on one
   * folder: all get the same secret.
   * @throws AppSecretError
   */
  static async load(settings: Pick<Settings, 'APP_SECRET' | 'PREVIOUS_APP_SECRET' | 'DATA_DIR'>): Promise<AppSecret> {
    const { APP_SECRET: secret, PREVIOUS_APP_SECRET: previous } = settings;
    if (secret !== undefined) return new AppSecret(secret, previous);
    const path = join(settings.DATA_DIR, FILE);
    try {
      return new AppSecret((await readSecret(path)) ?? (await makeSecret(settings.DATA_DIR, path)), previous);
    } catch (thrown) {
      if (thrown instanceof AppSecretError) throw thrown;
      throw new AppSecretError(
        `The secret in ${path} cannot be had (${reasonOf(thrown)}); make DATA_DIR writable or set APP_SECRET.`,
        {
          cause: thrown,
        },
      );
    }
  }

  /** A key of 32 bytes for one purpose: HKDF-SHA-256 (RFC 5869) with the purpose as `info`. */
  keyFor(purpose: string): Buffer {
    return derive(this.secret, purpose);
  }

  /** The same of the secret before; undefined where none is given. What it opens is to be sealed anew. */
  previousKeyFor(purpose: string): Buffer | undefined {
    return this.previous === undefined ? undefined : derive(this.previous, purpose);
  }
}

const derive = (secret: string, purpose: string): Buffer => Buffer.from(hkdfSync('sha256', secret, '', purpose, 32));

async function readSecret(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
  const secret = text.trim();
  if (Buffer.byteLength(secret) < LEAST_BYTES) {
    throw new AppSecretError(`${path} holds less than ${LEAST_BYTES} bytes; put the right secret back, or set APP_SECRET.`);
  }
  // A copy of the folder may have lost the mode; on Windows there is none to mend.
  await chmod(path, 0o600).catch(() => undefined);
  return secret;
}

/**
 * Writes a new secret under a name of its own and links it to its place: the link either makes the whole file appear, or
 * fails because another process was first, whose secret then counts. No reader ever sees half of one.
 */
async function makeSecret(folder: string, path: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const secret = randomBytes(LEAST_BYTES).toString('base64url');
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${secret}\n`);
    await file.sync();
    await file.close();
    await link(draft, path);
    // Keys sealed under a secret that a power cut takes away are lost with it.
    await syncFolder(folder);
    return secret;
  } catch (thrown) {
    await file.close().catch(() => undefined);
    const first = codeOf(thrown) === 'EEXIST' ? await readSecret(path) : undefined;
    if (first === undefined) throw thrown;
    return first;
  } finally {
    await rm(draft, { force: true });
  }
}

import { open } from 'node:fs/promises';
import { codeOf } from '../errors/thrown.js';

/** Some file systems have no such thing as a folder to flush, and say so in one of these ways. */
const NOT_POSSIBLE = ['EINVAL', 'ENOTSUP', 'ENOSYS'];

/**
 * Makes names that were just made in a folder survive a power cut, where the system can do that.
 * @throws the system's error where the folder cannot be opened or its disk fails
 */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // opens no folders
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!NOT_POSSIBLE.includes(codeOf(error))) throw error;
  } finally {
    await handle.close();
  }
}

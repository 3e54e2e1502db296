import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

/** A file of the archive is written as a whole, so that its size can stand before it. */
export type AddFile = (name: string, content: Buffer) => Promise<void>;

/**
 * Writes a gzipped tar.
 * @param produce adds its files, each when the one before has been taken
 * @throws what `produce` or the target threw first; the target is then destroyed
 */
export async function writeArchive(target: Writable, produce: (add: AddFile) => Promise<void>): Promise<void> {
  const tar = pack();
  let fault: { readonly error: unknown } | undefined;
  const writing = pipeline(Readable.from(tar, { objectMode: false }), createGzip(), target).catch((error: unknown) => {
    fault ??= { error };
    tar.destroy();
  });
  const add: AddFile = (name, content) =>
    new Promise((resolve, reject) => {
      const entry = tar.entry({ name, mode: 0o600, size: content.length }, content, (error) =>
        error ? reject(error) : resolve(),
      );
      entry.on('error', () => undefined); // the callback has it
    });
  try {
    await produce(add);
    tar.finalize();
  } catch (error) {
    // Where the target failed, what is added afterwards fails as well, and says less.
    fault ??= { error };
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
  }
  await writing;
  if (fault) throw fault.error;
}

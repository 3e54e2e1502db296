import { createHash } from 'node:crypto';

const NEWLINE = 10;

/** What is known of rows that have gone by: the text format of COPY ends each row with a newline, and has none within. */
export class Digest {
  rows = 0;
  bytes = 0;
  /** Bytes since the last newline. */
  open = 0;
  private readonly hash = createHash('sha256');

  /** @returns how many rows end in these bytes */
  update(bytes: Buffer): number {
    this.hash.update(bytes);
    let rows = 0;
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, from)) {
      rows += 1;
      from = at + 1;
    }
    this.open = rows === 0 ? this.open + bytes.length : bytes.length - from;
    this.rows += rows;
    this.bytes += bytes.length;
    return rows;
  }

  /** To be asked once, at the end. */
  sha256(): string {
    return this.hash.digest('hex');
  }
}

/** The largest frame or body of an answer, encoded, in bytes: clients such as Python's `websockets` take no more by default. */
export const MAX_ANSWER_BYTES = 1024 * 1024;
/** What a list may take of it. The rest is for what stands around the list, such as a name of a request that comes back. */
export const MAX_LIST_BYTES = 768 * 1024;

/** Bytes of a value in JSON. */
export const encodedSize = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? '');

/**
 * As many items as fit into an answer, at least one.
 * @param keep at which end they are kept
 */
export function fitting<T>(items: readonly T[], keep: 'first' | 'last' = 'first'): readonly T[] {
  let bytes = 0;
  for (let count = 0; count < items.length; count++) {
    bytes += encodedSize(keep === 'first' ? items[count] : items[items.length - 1 - count]) + 1;
    if (bytes <= MAX_LIST_BYTES || count === 0) continue;
    return keep === 'first' ? items.slice(0, count) : items.slice(-count);
  }
  return items;
}

/** One change of a text: what stood there, what stands there now, and how often it stood there. */
export type Revision = readonly [before: string, after: string, times: number];

/**
 * The text of functions with a few words changed.
 * @throws Error where the text is not what the revisions were written for
 */
export const revised = (text: string, ...revisions: readonly Revision[]): string =>
  revisions.reduce((now, [before, after, times]) => {
    const parts = now.split(before);
    if (parts.length !== times + 1)
      throw new Error(`"${before}" stands ${parts.length - 1} times in the text, not ${times} times`);
    return parts.join(after);
  }, text);

/** Replaces the functions where they exist: the server may be in use meanwhile. */
export const replacing = (text: string): string => text.replaceAll('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION');

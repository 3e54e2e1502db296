import { reasonOf } from '../../errors/thrown.js';

export type Level = 'ok' | 'warning' | 'fault';

/** What one look at one thing has shown. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly check: string;
  readonly level: Level;
  readonly found: string;
  /** How to mend it, in a sentence; where there is something to mend. */
  readonly mend?: string;
}

export const ok = (check: string, found: string): Finding => ({ check, level: 'ok', found });
export const warning = (check: string, found: string, mend: string): Finding => ({ check, level: 'warning', found, mend });
export const fault = (check: string, found: string, mend: string): Finding => ({ check, level: 'fault', found, mend });

/** Milliseconds that a check may take. */
export const LIMIT_MS = 5_000;

/** Looks at one thing; the signal says when nobody waits for it any more. */
export type Look = (signal: AbortSignal) => Promise<readonly Finding[]>;

/**
 * Looks, but no longer than the limit. Never rejects: what cannot be looked at is a fault itself.
 * @param limitMs in milliseconds
 */
export async function within(check: string, look: Look, limitMs = LIMIT_MS): Promise<readonly Finding[]> {
  const signal = AbortSignal.timeout(limitMs);
  const late = new Promise<readonly Finding[]>((resolve) => {
    const seconds = Math.round(limitMs / 1_000);
    const finding = fault(check, `no answer within ${seconds} seconds`, 'Find out what holds it up, and ask again.');
    signal.addEventListener('abort', () => resolve([finding]), { once: true });
  });
  const looked = look(signal).catch((thrown: unknown): readonly Finding[] => [
    fault(check, `cannot be checked: ${reasonOf(thrown)}`, 'Mend what it says, and ask again.'),
  ]);
  return Promise.race([looked, late]);
}

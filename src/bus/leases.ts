/** The answer to a claim: held by the claimant, and whether nobody held it before; or by whom instead. */
export type Claim = { readonly ok: true; readonly isNew: boolean } | { readonly ok: false; readonly owner: string };

/**
 * Names that one owner at a time holds across all nodes, for as long as it keeps renewing them. Abstract class as port and
 * injection token. A node claims a key once, however many of its connections share it, and releases it with the last.
 */
export abstract class Leases {
  /**
   * Takes a key for an owner, or takes it again for the same one. Several nodes may hold a key for one owner: it is free
   * when the last of them has released it or let it run out.
   * @param ttlSec whole seconds after which it is free again unless renewed
   * @throws CoreError `unavailable` where it cannot be known who holds it
   */
  abstract claim(key: string, owner: string, ttlSec: number): Promise<Claim>;

  /**
   * Prolongs what this node holds.
   * @returns false where it is held no longer: claim it again
   * @throws CoreError `unavailable` where that cannot be known
   */
  abstract renew(key: string, owner: string, ttlSec: number): Promise<boolean>;

  /**
   * Who holds a key now; null where nobody does.
   * @throws CoreError `unavailable` where that cannot be known
   */
  abstract owner(key: string): Promise<string | null>;

  /**
   * Which of these keys are held by anybody, found out in one go.
   * @throws CoreError `unavailable` where that cannot be known
   */
  abstract heldOf(keys: readonly string[]): Promise<ReadonlySet<string>>;

  /**
   * Gives a key back; does nothing to the key of another. Never rejects: what cannot be released runs out.
   * @returns whether nobody holds it any longer; of several nodes that give it back at once the last one is told so. False where that
   * cannot be known
   */
  abstract release(key: string, owner: string): Promise<boolean>;
}

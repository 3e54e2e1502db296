/**
 * The answer to one request of a live connection, while it is on its way. Events that must not overtake it wait for it.
 */
export class PendingAnswer {
  private sent = false;
  private followers: (() => void)[] = [];

  get isSent(): boolean {
    return this.sent;
  }

  /** Calls back once the answer has been handed to the transport; at once if it has. */
  whenSent(follow: () => void): void {
    if (this.sent) follow();
    else this.followers.push(follow);
  }

  /** Whether anything waits for it. */
  get isAwaited(): boolean {
    return this.followers.length > 0;
  }

  /** To be called once, whether it was sent or there is nobody to send it to any more. */
  settle(): void {
    this.sent = true;
    for (const follow of this.followers.splice(0)) follow();
  }
}

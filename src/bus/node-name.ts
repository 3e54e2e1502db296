/** Who this process is among the nodes of one installation. */
export class NodeName {
  /** The same, short enough to be shown to people. */
  readonly short: string;

  /** @param id unique, made anew at every start */
  constructor(readonly id: string) {
    this.short = id.slice(0, 8);
  }
}

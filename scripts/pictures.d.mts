export interface Picture {
  /** Of its file in docs/pictures. */
  readonly name: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}
export const PICTURES: readonly Picture[];

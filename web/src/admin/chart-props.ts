import type { Point } from './rates';

export interface Series {
  readonly name: string;
  /** Of the custom properties of the page: `--chart-1`. */
  readonly colour: string;
  readonly points: readonly Point[];
}

export interface ChartProps {
  readonly title: string;
  readonly text: string;
  /** All at the same times. */
  readonly series: readonly Series[];
  /** `stack`: areas on top of each other. `bars`: counts of spans of time, on top of each other. */
  readonly kind: 'line' | 'stack' | 'bars';
  readonly format: (value: number) => string;
  /** The least value at the upper edge: what is next to nothing should not look like a mountain. */
  readonly least: number;
  readonly isTable: boolean;
}

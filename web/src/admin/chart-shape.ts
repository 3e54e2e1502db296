/** A value at a time (unix milliseconds); null where there is none. */
interface Point {
  readonly at: number;
  readonly value: number | null;
}

/** The part of the plane that a chart shows, and its size in pixels. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly from: number;
  readonly until: number;
  /** The value at the upper edge; the lower one is 0. */
  readonly top: number;
}

const NICE = [1, 1.2, 1.6, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The least round number that is not below `highest`, so that an axis has numbers that one can read. */
export function roundTop(highest: number, least = 1): number {
  if (highest <= least) return least;
  const power = 10 ** Math.floor(Math.log10(highest));
  // Of a multiple of a tenth the last digit is noise.
  const nice = NICE.find((factor) => factor * power >= highest * (1 - 1e-9)) ?? 10;
  return nice * power;
}

const xOf = ({ width, from, until }: Frame, at: number): number => ((at - from) / (until - from)) * width;
const yOf = ({ height, top }: Frame, value: number): number => height - (Math.min(value, top) / top) * height;
const print = (x: number, y: number): string => `${x.toFixed(1)} ${y.toFixed(1)}`;

/** Points in rows that no gap cuts. */
function runsOf(points: readonly Point[]): { readonly at: number; readonly value: number }[][] {
  const runs: { at: number; value: number }[][] = [[]];
  for (const { at, value } of points) {
    if (value === null) runs.push([]);
    else runs.at(-1)?.push({ at, value });
  }
  return runs.filter((run) => run.length > 0);
}

/** The path of a line; a point that stands alone is a short stroke, so that it is seen. */
export function linePath(points: readonly Point[], frame: Frame): string {
  return runsOf(points)
    .map((run) => {
      const [first] = run;
      const path = `M${run.map(({ at, value }) => print(xOf(frame, at), yOf(frame, value))).join('L')}`;
      return run.length === 1 && first ? `${path}h1` : path;
    })
    .join('');
}

/**
 * The path of the area between two lines over the same times.
 * @param below what is under it at each point; where it is left out, the lower edge
 */
export function areaPath(points: readonly Point[], frame: Frame, below?: readonly Point[]): string {
  const floor = new Map(below?.map(({ at, value }) => [at, value ?? 0]));
  return runsOf(points)
    .filter((run) => run.length > 1)
    .map((run) => {
      const upper = run.map(({ at, value }) => print(xOf(frame, at), yOf(frame, value)));
      const lower = run.map(({ at }) => print(xOf(frame, at), yOf(frame, floor.get(at) ?? 0))).reverse();
      return `M${[...upper, ...lower].join('L')}Z`;
    })
    .join('');
}

/** Each series on top of those before it. */
export function stacked(series: readonly (readonly Point[])[]): Point[][] {
  const sums = new Map<number, number>();
  return series.map((points) =>
    points.map(({ at, value }) => {
      if (value === null) return { at, value: null };
      const sum = (sums.get(at) ?? 0) + value;
      sums.set(at, sum);
      return { at, value: sum };
    }),
  );
}

export interface Bar {
  readonly at: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Bars for spans of time.
 * @param below how much lies under each
 */
export function barsOf(points: readonly Point[], frame: Frame, spanMs: number, below: readonly Point[] = []): Bar[] {
  const width = (spanMs / (frame.until - frame.from)) * frame.width;
  const gap = Math.min(2, width / 4);
  return points.flatMap(({ at, value }, index) => {
    if (value === null || value === 0) return [];
    const floor = below[index]?.value ?? 0;
    const y = yOf(frame, floor + value);
    return [{ at, x: xOf(frame, at - spanMs) + gap / 2, y, width: width - gap, height: yOf(frame, floor) - y }];
  });
}

/** The point that is nearest to a place of the chart, by its index; -1 where there is none. */
export function nearestTo(x: number, points: readonly Point[], frame: Frame): number {
  let nearest = -1;
  let distance = Infinity;
  points.forEach(({ at }, index) => {
    const away = Math.abs(xOf(frame, at) - x);
    if (away < distance) [nearest, distance] = [index, away];
  });
  return nearest;
}

/** Where a time lies, in pixels from the left. */
export const placeOf = (at: number, frame: Frame): number => xOf(frame, at);

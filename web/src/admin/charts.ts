import { millisecondsText, numberText, sizeText } from './figure-format';
import { PROTOCOLS } from './protocols';
import { countsOf, type Figures, gaugesOf, type Point, ratesOf, type Reading, SPAN_MS, totalOf } from './rates';

/** What a chart of the page is of; texts go by it. */
export type ChartId = 'connections' | 'messages' | 'logins' | 'errors' | 'requests' | 'frames' | 'memory' | 'lag';

interface ChartData {
  readonly id: ChartId;
  readonly kind: 'line' | 'stack' | 'bars';
  readonly least: number;
  readonly format: (value: number, language: string) => string;
  /** `name` is a protocol, or the name of a text. */
  readonly series: readonly { readonly name: string; readonly colour: string; readonly points: readonly Point[] }[];
}

const COLOURS = ['--chart-1', '--chart-2', '--chart-3', '--chart-4', '--chart-5', '--chart-6'] as const;
const OUTCOMES = [
  ['ok', '--chart-3'],
  ['failed', '--chart-bad'],
  ['throttled', '--chart-5'],
  ['unavailable', '--chart-6'],
] as const;
const MEGABYTE = 1024 * 1024;

/** The charts of the page, from what was read. */
export function chartsOf(readings: readonly Reading[]): ChartData[] {
  const rate = (id: ChartId, colour: string, count: (figures: Figures) => number): ChartData => ({
    id,
    kind: 'line',
    least: 1,
    format: numberText,
    series: [{ name: id, colour, points: ratesOf(readings, count) }],
  });
  const gauge = (
    id: ChartId,
    colour: string,
    measure: (figures: Figures) => number,
  ): Pick<ChartData, 'id' | 'kind' | 'series'> => ({
    id,
    kind: 'line',
    series: [{ name: id, colour, points: gaugesOf(readings, measure) }],
  });
  return [
    { id: 'connections', kind: 'stack', least: 4, format: numberText, series: connections(readings) },
    rate('messages', '--chart-1', (figures) => figures.messages_total),
    rate('requests', '--chart-4', (figures) => figures.requests_total),
    rate('frames', '--chart-3', (figures) => figures.frames_total),
    { id: 'logins', kind: 'bars', least: 4, format: numberText, series: logins(readings) },
    {
      id: 'errors',
      kind: 'bars',
      least: 4,
      format: numberText,
      series: [{ name: 'errors', colour: '--chart-bad', points: countsOf(readings, (figures) => figures.errors_total, SPAN_MS) }],
    },
    {
      ...gauge('memory', '--chart-6', (figures) => figures.memory_bytes / MEGABYTE),
      least: 100,
      format: (value, language) => sizeText(value * MEGABYTE, language),
    },
    { ...gauge('lag', '--chart-5', (figures) => figures.event_loop_lag_ms), least: 5, format: millisecondsText },
  ];
}

function connections(readings: readonly Reading[]): ChartData['series'] {
  const seen = new Set(readings.flatMap(({ figures }) => Object.keys(figures.connections)));
  const known: readonly string[] = PROTOCOLS;
  // Each keeps its colour, whichever of them are there.
  const names = [...known, ...[...seen].filter((name) => !known.includes(name)).sort()];
  return names.map((name, index) => ({
    name,
    colour: COLOURS[index % COLOURS.length] ?? COLOURS[0],
    points: gaugesOf(readings, (figures) => figures.connections[name] ?? 0),
  }));
}

/** What hardly ever happens is left out while it does not. */
function logins(readings: readonly Reading[]): ChartData['series'] {
  return OUTCOMES.map(([name, colour]) => ({
    name,
    colour,
    points: countsOf(readings, (figures) => figures.logins[name], SPAN_MS),
  })).filter(({ name, points }) => name === 'ok' || name === 'failed' || totalOf(points) > 0);
}

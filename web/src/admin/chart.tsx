import { Box, Card, Group, Text, Title } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { type PointerEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { areaPath, barsOf, type Frame, linePath, nearestTo, placeOf, roundTop, stacked } from './chart-shape';
import type { ChartProps, Series } from './chart-props';
import { ChartTable } from './chart-table';
import { timeText } from './figure-format';
import { highestOf, latestOf, type Point, SPAN_MS, totalOf, WINDOW_MS } from './rates';
import { useRegion } from '../shared/use-region';

const HEIGHT = 110;

/** A figure over the last minutes: a picture, or the same as a table. */
export function Chart(props: ChartProps) {
  const { title, text, series, kind, isTable } = props;
  const id = useId();
  const [pointed, setPointed] = useState<number | null>(null);
  const first = series[0]?.points ?? [];
  // Rows move on beneath the pointer: what is pointed at is a time, not a number in the row.
  const index = pointed === null ? -1 : first.findIndex(({ at }) => at === pointed);
  return (
    <Card component="section" withBorder padding="md" aria-labelledby={id}>
      <Group justify="space-between" align="start" wrap="nowrap" gap="sm">
        <div>
          <Title order={2} size="h5" id={id}>
            {title}
          </Title>
          <Text size="sm" c="dimmed">
            {text}
          </Text>
        </div>
        <Headline {...props} index={index} />
      </Group>
      {isTable ? <ChartTable {...props} /> : <Picture {...props} index={index} onPoint={(at) => setPointed(at)} />}
      {(series.length > 1 || kind === 'stack') && !isTable && <Legend {...props} index={index} />}
    </Card>
  );
}

type Part = ChartProps & {
  /** The point that somebody points at; -1 for none. */
  readonly index: number;
};

const sumAt = (series: readonly Series[], index: number): number | null => {
  const values = series.map(({ points }) => points[index]?.value ?? null);
  return values.every((value) => value === null) ? null : values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
};

/** The value of now, or of where somebody points. */
function Headline({ series, kind, format, index }: Part) {
  const { t } = useTranslation('admin');
  const region = useRegion();
  const points = series[0]?.points ?? [];
  const at = points[index]?.at;
  const value = index >= 0 ? sumAt(series, index) : kind === 'bars' ? totalOfAll(series) : sumAt(series, latestIndex(points));
  const isKnown = points.some((point) => point.value !== null);
  return (
    <Box ta="right" className="admin-figure" flex="none">
      <Text fw={650} size="lg" lh={1.3}>
        {value === null || !isKnown ? '–' : format(value)}
      </Text>
      <Text size="sm" c="dimmed">
        {at !== undefined
          ? timeText(at, region)
          : kind === 'bars'
            ? t('figures.inWindow', { minutes: minutesOf(points) })
            : t('figures.now')}
      </Text>
    </Box>
  );
}

const totalOfAll = (series: readonly Series[]): number => series.reduce((sum, { points }) => sum + totalOf(points), 0);
const latestIndex = (points: readonly Point[]): number => points.findLastIndex(({ value }) => value !== null);
/** How much of the window is known, in minutes. */
const minutesOf = (points: readonly Point[]): number =>
  Math.max(1, Math.round((points.filter(({ value }) => value !== null).length * SPAN_MS) / 60_000));

function Picture(props: Part & { readonly onPoint: (at: number | null) => void }) {
  const { series, kind, format, least, index, onPoint } = props;
  const { t } = useTranslation('admin');
  const { ref, width } = useElementSize();
  const summary = useSummary(props);
  const points = series[0]?.points ?? [];
  const layers = kind === 'line' ? series.map((one) => one.points) : stacked(series.map((one) => one.points));
  const until = points.at(-1)?.at ?? 0;
  const top = roundTop(Math.max(...layers.map(highestOf), 0), least);
  const frame: Frame = { width, height: HEIGHT, from: until - WINDOW_MS, until, top };
  const move = (event: PointerEvent<SVGSVGElement>): void => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    onPoint(points[nearestTo(x, points, frame)]?.at ?? null);
  };
  const at = points[index]?.at;
  const cursor = at === undefined ? undefined : placeOf(kind === 'bars' ? at - SPAN_MS / 2 : at, frame);
  return (
    <Box mt="xs" ref={ref}>
      <Text size="xs" c="dimmed" ta="right" className="admin-figure" aria-hidden>
        {format(top)}
      </Text>
      <svg
        className="admin-chart"
        height={HEIGHT}
        role="img"
        aria-label={summary}
        onPointerMove={move}
        onPointerLeave={() => onPoint(null)}
      >
        {[0, 0.5, 1].map((part) => (
          <line key={part} className="admin-chart-grid" x1={0} x2={width} y1={HEIGHT * part} y2={HEIGHT * part} />
        ))}
        {width > 0 && points.length > 0 && <Layers {...props} layers={layers} frame={frame} />}
        {cursor !== undefined && <line className="admin-chart-cursor" x1={cursor} x2={cursor} y1={0} y2={HEIGHT} />}
      </svg>
      <Group justify="space-between" aria-hidden>
        <Text size="xs" c="dimmed">
          {t('figures.minutesAgo', { count: WINDOW_MS / 60_000 })}
        </Text>
        <Text size="xs" c="dimmed">
          {t('figures.now')}
        </Text>
      </Group>
    </Box>
  );
}

interface LayersProps {
  readonly series: readonly Series[];
  readonly kind: ChartProps['kind'];
  readonly layers: readonly (readonly Point[])[];
  readonly frame: Frame;
}

function Layers({ series, kind, layers, frame }: LayersProps) {
  return series.map(({ name, colour, points }, index) => {
    const paint = `var(${colour})`;
    const layer = layers[index] ?? points;
    const below = layers[index - 1];
    if (kind === 'bars') {
      return (
        <g key={name} fill={paint}>
          {barsOf(points, frame, SPAN_MS, below).map(({ at, ...bar }) => (
            <rect key={at} rx={1} {...bar} />
          ))}
        </g>
      );
    }
    return (
      <g key={name}>
        <path
          d={areaPath(layer, frame, kind === 'stack' ? below : undefined)}
          fill={paint}
          fillOpacity={kind === 'stack' ? 0.3 : 0.12}
        />
        <path d={linePath(layer, frame)} className="admin-chart-line" stroke={paint} />
      </g>
    );
  });
}

function Legend({ series, kind, format, index }: Part) {
  return (
    <Group component="ul" gap="md" mt="xs" p={0} mb={0} style={{ listStyle: 'none' }}>
      {series.map(({ name, colour, points }) => {
        const value = index >= 0 ? (points[index]?.value ?? null) : kind === 'bars' ? totalOf(points) : latestOf(points);
        return (
          <Group component="li" key={name} gap={6} wrap="nowrap">
            <span className="admin-swatch" style={{ background: `var(${colour})` }} />
            <Text size="sm" className="admin-figure">
              {name} <strong>{value === null ? '–' : format(value)}</strong>
            </Text>
          </Group>
        );
      })}
    </Group>
  );
}

/** What the picture says, for whoever does not see it. */
function useSummary({ title, text, series, kind, format }: ChartProps): string {
  const { t } = useTranslation('admin');
  if (kind !== 'line' || series.length > 1) {
    const total = series
      .map(({ name, points }) => `${name}: ${format(kind === 'bars' ? totalOf(points) : (latestOf(points) ?? 0))}`)
      .join(', ');
    return t('figures.summaryTotal', { title, text, total });
  }
  const points = series[0]?.points ?? [];
  return t('figures.summary', { title, text, now: format(latestOf(points) ?? 0), highest: format(highestOf(points)) });
}

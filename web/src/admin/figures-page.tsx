import { Badge, Button, Card, Group, SegmentedControl, SimpleGrid, Skeleton, Text } from '@mantine/core';
import { Pause, Play } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Figures } from './api';
import { Chart } from './chart';
import type { ChartProps } from './chart-props';
import { chartsOf } from './charts';
import { durationText } from './figure-format';
import { AdminPage, Fault, Stale } from './page';
import type { Reading } from './rates';
import { useFigures } from './use-figures';
import { useRegion } from '../shared/use-region';

/** What goes on right now, as charts of the last minutes. */
export function FiguresPage() {
  const { t } = useTranslation('admin');
  const [isPaused, setPaused] = useState(false);
  const [isTable, setTable] = useState(false);
  const { readings, error } = useFigures(isPaused);
  const latest = readings.at(-1);
  return (
    <AdminPage
      title={t('figures.title')}
      heading={
        <Group component="span" gap="sm">
          {t('figures.title')}
          {isPaused && (
            <Badge variant="light" color="gray" tt="none">
              {t('figures.paused')}
            </Badge>
          )}
        </Group>
      }
      text={error !== null && latest ? <Stale error={error} /> : t('figures.text')}
      actions={
        <Group gap="sm">
          <SegmentedControl
            aria-label={t('figures.show')}
            value={isTable ? 'tables' : 'charts'}
            onChange={(value) => setTable(value === 'tables')}
            data={[
              { value: 'charts', label: t('figures.charts') },
              { value: 'tables', label: t('figures.tables') },
            ]}
          />
          <Button
            variant="default"
            leftSection={isPaused ? <Play size={16} aria-hidden /> : <Pause size={16} aria-hidden />}
            onClick={() => setPaused(!isPaused)}
          >
            {t(isPaused ? 'figures.resume' : 'figures.pause')}
          </Button>
        </Group>
      }
    >
      <Fault error={latest ? null : error} />
      {latest ? <Tiles figures={latest.figures} /> : <Skeleton h={84} />}
      <Charts readings={readings} isTable={isTable} />
      <Text size="sm" c="dimmed" className="admin-status" role="status">
        {latest && !latest.isWhole && t('figures.missing')}
        {latest?.isWhole && latest.figures.nodes > 1 && t('figures.ofNodes', { count: latest.figures.nodes })}
      </Text>
    </AdminPage>
  );
}

function Tiles({ figures }: { readonly figures: Figures }) {
  const { t } = useTranslation('admin');
  const region = useRegion();
  const whole = (value: number): string => new Intl.NumberFormat(region).format(value);
  const sockets = Object.values(figures.connections).reduce((sum, count) => sum + count, 0);
  const tiles = [
    [t('figures.users'), whole(figures.users_total)],
    [t('figures.online'), whole(figures.users_online)],
    [t('figures.connectionsNow'), whole(sockets)],
    [t('figures.uptime'), durationText(figures.uptime_sec, region)],
  ] as const;
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} component="dl" m={0}>
      {tiles.map(([name, value]) => (
        <Card key={name} withBorder padding="md">
          <Text component="dt" size="sm" c="dimmed">
            {name}
          </Text>
          <Text component="dd" m={0} fw={650} size="xl" className="admin-figure">
            {value}
          </Text>
        </Card>
      ))}
    </SimpleGrid>
  );
}

function Charts({ readings, isTable }: { readonly readings: readonly Reading[]; readonly isTable: boolean }) {
  const { t } = useTranslation('admin');
  const region = useRegion();
  const charts = useMemo(() => chartsOf(readings), [readings]);
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      {charts.map(({ id, series, ...chart }) => {
        const props: ChartProps = {
          ...chart,
          title: t(`figures.${id}`),
          text: t(`figures.${id}Text`),
          series: series.map(({ name, ...rest }) => ({ ...rest, name: nameOf(name, t) })),
          format: (value) => chart.format(value, region),
          isTable,
        };
        return <Chart key={id} {...props} />;
      })}
    </SimpleGrid>
  );
}

const OUTCOMES = ['ok', 'failed', 'throttled', 'unavailable'] as const;
const FIGURES = ['messages', 'requests', 'frames', 'errors', 'memory', 'lag'] as const;

/** Names of protocols are the same in all languages. */
function nameOf(name: string, t: ReturnType<typeof useTranslation<'admin'>>['t']): string {
  const key = [...OUTCOMES, ...FIGURES].find((one) => one === name);
  return key === undefined ? name : t(`figures.${key}`);
}

import { ScrollArea, Table } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { ChartProps } from './chart-props';
import { timeText } from './figure-format';
import { type Point, SPAN_MS } from './rates';
import { useRegion } from '../shared/use-region';

/** The figures of a chart in numbers, newest first, one row for ten seconds. */
export function ChartTable({ title, series, format }: ChartProps) {
  const { t } = useTranslation('admin');
  const region = useRegion();
  const points = series[0]?.points ?? [];
  const textAt = (own: readonly Point[], index: number): string => {
    const value = own[index]?.value ?? null;
    return value === null ? t('figures.gap') : format(value);
  };
  const first = points.findIndex((_point, index) => series.some((one) => (one.points[index]?.value ?? null) !== null));
  const rows = (first < 0 ? [] : points)
    .map(({ at }, index) => ({ at, index }))
    // The last reading of each ten seconds.
    // What was before this page was opened nobody knows.
    .filter(({ index }) => index >= first)
    .filter(({ at, index }) => Math.ceil(at / SPAN_MS) !== Math.ceil((points[index + 1]?.at ?? Infinity) / SPAN_MS))
    .reverse();
  return (
    <ScrollArea.Autosize mah={200} mt="xs" type="auto" viewportProps={{ tabIndex: 0, role: 'group', 'aria-label': title }}>
      <Table verticalSpacing={4} tabularNums aria-label={title}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('figures.time')}</Table.Th>
            {series.map(({ name }) => (
              <Table.Th key={name} ta="right">
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ at, index }) => (
            <Table.Tr key={at}>
              <Table.Td>{timeText(at, region)}</Table.Td>
              {series.map(({ name, points: own }) => (
                <Table.Td key={name} ta="right">
                  {textAt(own, index)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea.Autosize>
  );
}

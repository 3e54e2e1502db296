import { useEffect } from 'react';
import useSWRInfinite from 'swr/infinite';
import { useLive, useUser } from '../session/session';
import { openReportsOf } from '../shell/open-reports';
import { listReports, type ReportList, type ReportState, type ReportSummary } from './api';

const REFRESH_MS = 30_000;

interface Reports {
  /** Newest first; undefined until the first page is there. */
  readonly reports: readonly ReportSummary[] | undefined;
  readonly error: unknown;
  readonly hasMore: boolean;
  readonly isBusy: boolean;
  readonly more: () => void;
  readonly refresh: () => void;
}

/** Reports in one state, as far as somebody has read; a new one is there as soon as it is made. */
export function useReports(state: ReportState): Reports {
  const live = useLive();
  const { id } = useUser();
  const { data, error, size, setSize, mutate, isValidating } = useSWRInfinite<ReportList, unknown>(
    (page, before: ReportList | null) =>
      before?.next_cursor === null ? null : ['reports', state, page, before?.next_cursor ?? null],
    ([, , , cursor]: readonly [string, ReportState, number, string | null]) => listReports(state, cursor),
    { refreshInterval: REFRESH_MS },
  );
  useEffect(
    () =>
      live.on('event', ({ name }) => {
        if (name === 'moderation.reported' || name === 'moderation.resolved') void mutate();
      }),
    [live, mutate],
  );
  const count = data?.[0]?.total_open;
  useEffect(() => {
    if (count !== undefined) openReportsOf(live, id).set(count);
  }, [live, id, count]);
  return {
    reports: data?.flatMap(({ reports }) => reports),
    error: error ?? null,
    hasMore: data !== undefined && data.at(-1)?.next_cursor !== null,
    isBusy: isValidating,
    more: () => void setSize(size + 1),
    refresh: () => void mutate(),
  };
}

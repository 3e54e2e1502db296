import { ActionIcon, Button, Center, Loader, Skeleton, Text } from '@mantine/core';
import { RefreshCw, ScrollText } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import useSWRInfinite from 'swr/infinite';
import { Empty } from '../shared/empty';
import { type AuditFilter, type AuditPage as Page, readAuditOn } from './api';
import { AUDIT_ACTIONS } from './audit-actions';
import { auditFilterOf } from './audit-filter';
import { AuditFilters } from './audit-filters';
import { AuditList } from './audit-list';
import { AdminPage, Fault } from './page';
import { useAddress } from './use-address';

const LIMIT = 50;

/** What was done to accounts, newest first. */
export function AuditPage() {
  const { t } = useTranslation('admin');
  const { choices } = useAddress();
  const filter = auditFilterOf(choices, AUDIT_ACTIONS);
  const log = useAuditLog(filter);
  const { entries, isAtEnd, isLoading, error, refresh } = log;
  const count = Object.keys(filter).length;
  return (
    <AdminPage
      title={t('audit.title')}
      text={t('audit.text')}
      actions={
        <ActionIcon variant="default" size="lg" aria-label={t('common.refresh')} title={t('common.refresh')} onClick={refresh}>
          <RefreshCw size={18} aria-hidden />
        </ActionIcon>
      }
    >
      <AuditFilters count={count} />
      <Fault error={error} isStale={entries.length > 0} onRetry={refresh} />
      {isLoading && entries.length === 0 && <Skeleton h={400} />}
      <AuditList entries={entries} level={2} />
      {!isLoading && !error && entries.length === 0 && isAtEnd && (
        <Empty
          icon={<ScrollText size={32} aria-hidden />}
          title={t(count === 0 ? 'audit.none' : 'audit.noneFiltered')}
          text={count === 0 ? undefined : t('audit.noneFilteredText')}
        />
      )}
      <Foot log={log} />
    </AdminPage>
  );
}

/** The way to what was written before, or that there is nothing. */
function Foot({ log: { entries, isAtEnd, isLoading, error, older } }: { readonly log: ReturnType<typeof useAuditLog> }) {
  const { t } = useTranslation('admin');
  return (
    <Center mih={44} role="status">
      {isLoading && entries.length > 0 && <Loader size="sm" aria-label={t('audit.older')} />}
      {!isLoading && !isAtEnd && !error && (
        <Button variant="default" onClick={older}>
          {t('audit.older')}
        </Button>
      )}
      {isAtEnd && entries.length > 0 && (
        <Text size="sm" c="dimmed">
          {t('audit.end')}
        </Text>
      )}
    </Center>
  );
}

type Key = readonly ['audit', string, number | null];

function useAuditLog(filter: AuditFilter) {
  const filterKey = JSON.stringify(filter);
  const keyOf = (_index: number, before: Page | null): Key | null =>
    before?.nextBefore === null ? null : ['audit', filterKey, before?.nextBefore ?? null];
  const { data, error, isLoading, isValidating, size, setSize, mutate } = useSWRInfinite<Page, unknown, typeof keyOf>(
    keyOf,
    ([, , before]: Key) => readAuditOn(filter, before, LIMIT),
    // Pages follow each other by ids: what was read stays as it is.
    { revalidateFirstPage: false, revalidateOnFocus: false, revalidateOnReconnect: false, revalidateOnMount: true },
  );
  const pages = data ?? [];
  return {
    entries: pages.flatMap((page) => page.entries),
    isAtEnd: pages.length > 0 && pages.at(-1)?.nextBefore === null,
    isLoading: isLoading || (isValidating && pages.length < size),
    error,
    older: () => void setSize(size + 1),
    refresh: () => void setSize(1).then(() => mutate()),
  };
}

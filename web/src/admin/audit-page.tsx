import { ActionIcon, Button, Center, Loader, Skeleton, Text } from '@mantine/core';
import { RefreshCw, ScrollText } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Empty } from '../shared/empty';
import { AUDIT_ACTIONS } from './audit-actions';
import { auditFilterOf } from './audit-filter';
import { AuditFilters } from './audit-filters';
import { AuditList } from './audit-list';
import { AdminPage, Fault } from './page';
import { useAddress } from './use-address';
import { type AuditLog, useAuditLog } from './use-audit-log';

/** What was done to accounts, newest first. */
export function AuditPage() {
  const { t } = useTranslation('admin');
  const { choices } = useAddress();
  const filter = auditFilterOf(choices, AUDIT_ACTIONS);
  const log = useAuditLog(filter);
  const { entries, isAtEnd, isBusy, error, refresh } = log;
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
      {isBusy && entries.length === 0 && <Skeleton h={400} />}
      <AuditList entries={entries} level={2} />
      {!isBusy && error === null && entries.length === 0 && isAtEnd && (
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
function Foot({ log: { entries, isAtEnd, isBusy, error, older } }: { readonly log: AuditLog }) {
  const { t } = useTranslation('admin');
  return (
    <Center mih={44} role="status">
      {isBusy && entries.length > 0 && <Loader size="sm" aria-label={t('audit.older')} />}
      {!isBusy && !isAtEnd && error === null && (
        <Button variant="default" onClick={older}>
          {t('audit.older')}
        </Button>
      )}
      {isAtEnd && !isBusy && entries.length > 0 && (
        <Text size="sm" c="dimmed">
          {t('audit.end')}
        </Text>
      )}
    </Center>
  );
}

import { Anchor, Skeleton, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Section } from '../shared/section';
import { useData } from '../shared/use-data';
import { readAudit, type User } from './api';
import { AuditList } from './audit-list';
import { Fault } from './page';
import { linkTo } from './use-address';

const LATEST = 6;

/** What was done to an account lately. */
export function UserHistory({ user }: { readonly user: User }) {
  const { t } = useTranslation('admin');
  const { data, error, mutate } = useData(['user-history', user.id], () => readAudit({ user_id: user.id }, null, LATEST));
  return (
    <Section
      title={t('audit.recent')}
      action={
        <Anchor href={linkTo('/admin/audit', { user_id: user.id })} size="sm" flex="none">
          {t('audit.all')}
        </Anchor>
      }
    >
      <Fault error={error} isStale={data !== undefined} onRetry={() => void mutate()} />
      {!data && error === null && <Skeleton h={200} />}
      {data?.entries.length === 0 && <Text c="dimmed">{t('audit.noneOfUser')}</Text>}
      {data && <AuditList entries={data.entries} level={3} />}
    </Section>
  );
}

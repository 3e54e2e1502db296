import { Skeleton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { UsageList } from '../account/usage-list';
import { Section } from '../shared/section';
import { useData } from '../shared/use-data';
import { readUsage, type User } from './api';
import { Fault } from './page';

/** How far somebody's quotas are used. */
export function UserUsage({ user }: { readonly user: User }) {
  const { t } = useTranslation('admin');
  const { data, error, mutate } = useData(['user-usage', user.id], () => readUsage(user.id));
  return (
    <Section title={t('usage.title')} note={t('usage.text')}>
      <Fault error={error} isStale={data !== undefined} onRetry={() => void mutate()} />
      {!data && error === null && <Skeleton h={200} />}
      {data && <UsageList quotas={data.quotas} />}
    </Section>
  );
}

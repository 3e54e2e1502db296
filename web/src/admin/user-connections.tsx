import { Skeleton, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Section } from '../shared/section';
import type { User } from './api';
import { ConnectionTable } from './connection-table';
import { Fault } from './page';
import { useConnections, useOwnSessionId } from './use-connections';

/** Through what somebody is connected right now. */
export function UserConnections({ user }: { readonly user: User }) {
  const { t } = useTranslation('admin');
  const { data, error, retry, end, fault } = useConnections(['user-connections', user.id], { userId: user.id, protocol: null });
  const ownSessionId = useOwnSessionId();
  return (
    <Section title={t('connections.ofUser')} note={t('connections.ofUserText')}>
      <Fault error={fault} />
      <Fault error={error} isStale={data !== undefined} onRetry={retry} />
      {!data && error === null && <Skeleton h={80} />}
      {data?.connections.length === 0 && <Text c="dimmed">{t('connections.noneOfUser')}</Text>}
      {data && data.connections.length > 0 && (
        <ConnectionTable
          connections={data.connections}
          isCut={data.connections.length < data.total}
          ownSessionId={ownSessionId}
          onEnd={end}
        />
      )}
      {data && !data.isWhole && (
        <Text size="sm" role="status">
          {t('connections.missing')}
        </Text>
      )}
    </Section>
  );
}

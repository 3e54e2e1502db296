import { Button, Group, Select, Skeleton, Text } from '@mantine/core';
import { Plug } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Empty } from '../shared/empty';
import type { ConnectionFilter, ConnectionList } from './api';
import { ConnectionTable } from './connection-table';
import { AdminPage, Fault, Stale } from './page';
import { PROTOCOLS } from './protocols';
import { useAddress } from './use-address';
import { useConnections, useOwnSessionId } from './use-connections';
import { UserPicker } from './user-picker';

/** All live connections, whoever they are of. */
export function ConnectionsPage() {
  const { t } = useTranslation('admin');
  const { choices, choose } = useAddress();
  const protocol = PROTOCOLS.find((name) => name === choices['protocol']) ?? null;
  const userId = /^[1-9]\d{0,14}$/.test(choices['user_id'] ?? '') ? Number(choices['user_id']) : null;
  const isFiltered = protocol !== null || userId !== null;
  return (
    <AdminPage title={t('connections.title')} text={t('connections.text')}>
      <Group align="end">
        <Select
          label={t('common.protocol')}
          placeholder={t('connections.anyProtocol')}
          data={PROTOCOLS}
          clearable
          clearButtonProps={{ 'aria-label': t('connections.clear') }}
          w={{ base: '100%', xs: 200 }}
          value={protocol}
          onChange={(name) => choose({ ...choices, protocol: name })}
        />
        <UserPicker
          label={t('common.user')}
          placeholder={t('connections.anyUser')}
          w={{ base: '100%', xs: 240 }}
          value={userId}
          onChange={(id) => choose({ ...choices, user_id: id })}
        />
        {isFiltered && (
          <Button variant="subtle" onClick={() => choose({})}>
            {t('connections.clear')}
          </Button>
        )}
      </Group>
      <LiveList protocol={protocol} userId={userId} />
    </AdminPage>
  );
}

function LiveList(filter: ConnectionFilter) {
  const { t } = useTranslation('admin');
  const { data, error, retry, end, fault } = useConnections(['connections', filter.protocol, filter.userId], filter);
  const ownSessionId = useOwnSessionId();
  const [isHeld, setHeld] = useState(false);
  const isSome = data !== undefined && data.connections.length > 0;
  const isFiltered = filter.protocol !== null || filter.userId !== null;
  return (
    <>
      <Fault error={fault} />
      <Fault error={data ? null : error} onRetry={retry} />
      <ListState list={data} error={error} isHeld={isHeld && isSome} />
      {!data && error === null && <Skeleton h={300} />}
      {isSome && (
        <ConnectionTable
          key={`${data.filter.protocol} ${data.filter.userId}`}
          connections={data.connections}
          isCut={data.connections.length < data.total}
          withUser
          ownSessionId={ownSessionId}
          onEnd={end}
          onHold={setHeld}
        />
      )}
      {data && !isSome && (
        <Empty
          icon={<Plug size={32} aria-hidden />}
          title={t(isFiltered ? 'connections.noneFiltered' : 'connections.none')}
          text={t(isFiltered ? 'connections.noneFilteredText' : 'connections.noneText')}
        />
      )}
    </>
  );
}

interface ListStateProps {
  readonly list: ConnectionList | undefined;
  readonly error: unknown;
  readonly isHeld: boolean;
}

/** How many there are, and whether the list says the truth of now. */
function ListState({ list, error, isHeld }: ListStateProps) {
  const { t } = useTranslation('admin');
  if (list && error !== null) {
    return (
      <Text size="sm" className="admin-status" role="status">
        <Stale error={error} />
      </Text>
    );
  }
  return (
    <Text size="sm" c="dimmed" className="admin-status" role="status">
      {list && stateText(list, t)}
      {isHeld && ` · ${t('connections.held')}`}
    </Text>
  );
}

function stateText({ connections, total, isWhole }: ConnectionList, t: ReturnType<typeof useTranslation<'admin'>>['t']): string {
  const shown = connections.length;
  const parts = [t('connections.count', { count: total })];
  if (shown < total) parts.push(t('connections.newest', { shown, total }));
  if (!isWhole) parts.push(t('connections.missing'));
  return parts.join(' · ');
}

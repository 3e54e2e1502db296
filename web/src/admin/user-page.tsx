import { Anchor, Grid, Group, Skeleton, Stack } from '@mantine/core';
import { ArrowLeft, UserX } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { mutate as refresh } from 'swr';
import { ApiError } from '../../../clients/typescript/src/index.js';
import { useUser } from '../session/session';
import { Empty } from '../shared/empty';
import { dateText } from '../shared/time';
import { useData } from '../shared/use-data';
import { useTitle } from '../shared/use-title';
import { readUser, type User } from './api';
import { AdminPage, Fault } from './page';
import { linkTo } from './use-address';
import { UserAccess } from './user-access';
import { UserConnections } from './user-connections';
import { UserHistory } from './user-history';
import { UserProfile } from './user-profile';
import { UserSessions } from './user-sessions';
import { UserState } from './user-state';
import { UserUsage } from './user-usage';
import { useRegion } from '../shared/use-region';

/** One account, and all that a superuser may do with it. */
export function UserPage({ id }: { readonly id: number }) {
  const { t } = useTranslation('admin');
  const region = useRegion();
  const oneself = useUser();
  const { data: user, error, mutate } = useData(['user', id], () => readUser(id));
  const isMissing = error instanceof ApiError && error.status === 404;
  const back = (
    <Anchor href={linkTo('/admin/users')} size="sm" mb="xs" display="inline-block">
      <Group component="span" gap={4}>
        <ArrowLeft size={16} aria-hidden />
        {t('user.back')}
      </Group>
    </Anchor>
  );
  if (isMissing) return <Missing>{back}</Missing>;
  const changed = (next: User): void => {
    void mutate(next, { revalidate: false });
    // Whoever took the rights from oneself may not ask any more.
    if (id === oneself.id && !(next.is_superuser && next.is_active)) return;
    // What was done may have ended them, and stands in the log.
    for (const part of ['sessions', 'connections', 'history']) void refresh([`user-${part}`, id]);
  };
  return (
    <AdminPage
      above={back}
      title={user?.username ?? t('users.title')}
      heading={
        user ? (
          <Group component="span" gap="sm">
            <bdi className="admin-break">{user.username}</bdi>
            <UserState user={user} isOneself={id === oneself.id} />
          </Group>
        ) : (
          <Skeleton component="span" display="inline-block" h={32} w={200} />
        )
      }
      text={user && t('user.since', { id, date: dateText(new Date(user.created_at), region) })}
    >
      <Fault error={error} isStale={user !== undefined} onRetry={() => void mutate()} />
      {!user && error === null && <Skeleton h={480} />}
      {user && (
        <Grid gap="md">
          <Grid.Col span={{ base: 12, lg: 5 }}>
            <Stack gap="md">
              <UserProfile user={user} onChange={changed} />
              <UserAccess user={user} isOneself={id === oneself.id} onChange={changed} />
            </Stack>
          </Grid.Col>
          <Grid.Col span={{ base: 12, lg: 7 }}>
            <Stack gap="md">
              <UserSessions user={user} isOneself={id === oneself.id} />
              <UserConnections user={user} />
              <UserUsage user={user} />
              <UserHistory user={user} />
            </Stack>
          </Grid.Col>
        </Grid>
      )}
    </AdminPage>
  );
}

function Missing({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation('admin');
  useTitle(t('user.notFound'));
  return (
    <Empty icon={<UserX size={32} aria-hidden />} title={t('user.notFound')} text={t('user.notFoundText')}>
      {children}
    </Empty>
  );
}

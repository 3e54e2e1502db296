import { Anchor, Box, Button, Group, Skeleton, Stack, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Search, UserPlus, UserSearch } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useUser } from '../session/session';
import { Empty } from '../shared/empty';
import { dateText } from '../shared/time';
import { useData } from '../shared/use-data';
import { listUsers, type User, type UsersPage as Page } from './api';
import { CreateUser } from './create-user';
import { DebouncedInput } from './debounced-input';
import { AdminPage, Fault } from './page';
import { previousOf } from './pages-seen';
import { linkTo, useAddress } from './use-address';
import { UserState } from './user-state';
import { useRegion } from '../shared/use-region';

const LIMIT = 50;

/** Everybody who has an account, by search and by page. */
export function UsersPage() {
  const { t } = useTranslation('admin');
  const { choices, choose } = useAddress();
  const [isCreating, { open, close }] = useDisclosure(false);
  const q = choices['q'] ?? '';
  const after = /^\d{1,15}$/.test(choices['after'] ?? '') ? Number(choices['after']) : null;
  const { data, error, mutate, isLoading } = useData(['users', q, after], () => listUsers(q, after, LIMIT), {
    keepPreviousData: true,
  });
  return (
    <AdminPage
      title={t('users.title')}
      text={t('users.text')}
      actions={
        <Button leftSection={<UserPlus size={18} aria-hidden />} onClick={open}>
          {t('users.create')}
        </Button>
      }
    >
      <Group justify="space-between" align="end">
        <DebouncedInput
          type="search"
          label={t('users.search')}
          placeholder={t('users.searchHint')}
          clearLabel={t('users.clear')}
          w={{ base: '100%', xs: 340 }}
          maxLength={254}
          leftSection={<Search size={16} aria-hidden />}
          value={q}
          onChange={(text) => choose({ q: text }, 'replace')}
        />
        <Text size="sm" c="dimmed" role="status" mih="1.3rem">
          {data && countText(data, q, after, t)}
        </Text>
      </Group>
      <Fault error={error} isStale={data !== undefined} onRetry={() => void mutate()} />
      {isLoading && !data && <Skeleton h={400} />}
      {data && <UserTable users={data.users} q={q} after={after} />}
      {data && <Pages q={q} after={after} nextAfter={data.nextAfter} />}
      <CreateUser isOpen={isCreating} onClose={close} />
    </AdminPage>
  );
}

function countText(
  { users, total, nextAfter }: Page,
  q: string,
  after: number | null,
  t: ReturnType<typeof useTranslation<'admin'>>['t'],
) {
  if (total !== null) return t('users.total', { count: total });
  // Nobody counts the results of a search beyond the page that is shown.
  if (after !== null || q === '') return null;
  return t(nextAfter === null ? 'users.found' : 'users.foundMore', { count: users.length });
}

function UserTable({ users, q, after }: { readonly users: readonly User[]; readonly q: string; readonly after: number | null }) {
  const { t } = useTranslation('admin');
  if (users.length === 0) return <Nobody q={q} after={after} />;
  return (
    <Table verticalSpacing="sm" highlightOnHover layout="fixed" aria-label={t('users.caption')}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('users.name')}</Table.Th>
          <Table.Th visibleFrom="sm">{t('users.email')}</Table.Th>
          <Table.Th w={220} visibleFrom="sm">
            {t('users.state')}
          </Table.Th>
          <Table.Th w={140} visibleFrom="sm">
            {t('users.created')}
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {users.map((user) => (
          <UserRow key={user.id} user={user} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

function UserRow({ user }: { readonly user: User }) {
  const region = useRegion();
  const { id } = useUser();
  return (
    <Table.Tr className="admin-row">
      <Table.Td>
        <Stack gap={0}>
          <Anchor
            className="admin-row-link admin-clip"
            href={linkTo(`/admin/users/${user.id}`)}
            fw={550}
            c="inherit"
            underline="never"
          >
            {user.username}
          </Anchor>
          <Text size="sm" c="dimmed" className="admin-clip">
            {user.full_name}
          </Text>
          <Text size="sm" c="dimmed" className="admin-clip" hiddenFrom="sm">
            {user.email}
          </Text>
          <Box hiddenFrom="sm">
            <UserState user={user} isOneself={user.id === id} />
          </Box>
        </Stack>
      </Table.Td>
      <Table.Td visibleFrom="sm" className="admin-clip">
        {user.email}
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <UserState user={user} isOneself={user.id === id} />
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <time dateTime={user.created_at}>{dateText(new Date(user.created_at), region)}</time>
      </Table.Td>
    </Table.Tr>
  );
}

function Nobody({ q, after }: { readonly q: string; readonly after: number | null }) {
  const { t } = useTranslation('admin');
  const icon = <UserSearch size={32} aria-hidden />;
  if (after === null) return <Empty icon={icon} title={t('users.none')} text={t('users.noneText', { q })} />;
  return (
    <Empty icon={icon} title={t('users.noneHere')} text={t('users.noneHereText')}>
      <Anchor href={linkTo('/admin/users', { q })}>{t('users.first')}</Anchor>
    </Empty>
  );
}

interface PagesProps {
  readonly q: string;
  readonly after: number | null;
  readonly nextAfter: number | null;
}

function Pages({ q, after, nextAfter }: PagesProps) {
  const { t } = useTranslation('admin');
  const [seen] = useState(() => new Map<string, Set<number>>());
  useEffect(() => {
    if (after === null) return;
    const ofSearch = seen.get(q) ?? new Set();
    seen.set(q, ofSearch.add(after));
  }, [seen, q, after]);
  const previous = previousOf(after, seen.get(q) ?? []);
  if (previous === undefined && nextAfter === null) return null;
  const link = (target: number | null | undefined) =>
    target === undefined ? { disabled: true } : { component: 'a' as const, href: linkTo('/admin/users', { q, after: target }) };
  return (
    <Group component="nav" justify="center" aria-label={t('users.pages')}>
      <Button variant="default" {...link(previous)}>
        {t('common.previous')}
      </Button>
      <Button variant="default" {...link(nextAfter ?? undefined)}>
        {t('common.next')}
      </Button>
    </Group>
  );
}

import { Badge, Button, Group, Skeleton, Table, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useTranslation } from 'react-i18next';
import useSWR, { mutate as mutateAny } from 'swr';
import { ApiError } from '../../../clients/typescript/src/index.js';
import { programName } from '../shared/program-name';
import { Section } from '../shared/section';
import { Ago } from '../shared/time';
import { useAction } from '../shared/use-action';
import { endAllSessions, endSession, listSessions, type Session, type User } from './api';
import { Fault } from './page';

interface UserSessionsProps {
  readonly user: User;
  readonly isOneself: boolean;
}

/** Where somebody is signed in. */
export function UserSessions({ user, isOneself }: UserSessionsProps) {
  const { t } = useTranslation('admin');
  const { data, error, mutate } = useSWR(['user-sessions', user.id], () => listSessions(user.id), { refreshInterval: 15_000 });
  const told = async (message: string): Promise<void> => {
    await mutate();
    notifications.show({ message, color: 'teal' });
    void mutateAny(['user-connections', user.id]);
  };
  const one = useAction(async (id: string) => {
    await endSession(user.id, id).catch(unlessGone);
    await told(t('sessions.ended'));
  });
  const all = useAction(async () => {
    await endAllSessions(user.id);
    await told(t('sessions.endedAll'));
  });
  return (
    <Section
      title={t('sessions.title')}
      note={t('sessions.text')}
      action={
        data &&
        data.length > 0 && (
          <Button variant="light" color="red" size="xs" flex="none" loading={all.isBusy} onClick={() => void all.run()}>
            {t(isOneself ? 'sessions.endAllToo' : 'sessions.endAll')}
          </Button>
        )
      }
    >
      <Fault error={one.fault ?? all.fault} />
      <Fault error={error} isStale={data !== undefined} onRetry={() => void mutate()} />
      {!data && !error && <Skeleton h={120} />}
      {data?.length === 0 && <Text c="dimmed">{t('sessions.none')}</Text>}
      {data && data.length > 0 && (
        <Table verticalSpacing="xs" layout="fixed" aria-label={t('sessions.caption', { name: user.username })}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('common.program')}</Table.Th>
              <Table.Th w={120} visibleFrom="sm">
                {t('sessions.since')}
              </Table.Th>
              <Table.Th w={130}>{t('sessions.lastUsed')}</Table.Th>
              <Table.Th w={110} aria-label={t('sessions.end')} />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.map((session) => (
              <SessionRow key={session.id} session={session} onEnd={() => void one.run(session.id)} />
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}

function SessionRow({ session, onEnd }: { readonly session: Session; readonly onEnd: () => void }) {
  const { t } = useTranslation('admin');
  const program = programName(session.user_agent) ?? t('common.unknownProgram');
  return (
    <Table.Tr>
      <Table.Td title={session.user_agent ?? undefined}>
        <Group gap="xs">
          <Text size="sm" className="admin-clip">
            {program}
          </Text>
          {session.current && (
            <Badge size="sm" variant="light" tt="none">
              {t('sessions.current')}
            </Badge>
          )}
        </Group>
        <Text size="sm" c="dimmed" className="admin-clip">
          {session.protocol} · {session.ip}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Ago at={session.created_at} />
      </Table.Td>
      <Table.Td>
        <Ago at={session.last_used_at} />
      </Table.Td>
      <Table.Td ta="right">
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          aria-label={t('sessions.endLabel', { program: `${program} (${session.protocol})`, address: session.ip })}
          onClick={onEnd}
        >
          {t('sessions.end')}
        </Button>
      </Table.Td>
    </Table.Tr>
  );
}

/** What is over by itself meanwhile is over, too. */
function unlessGone(error: unknown): void {
  if (!(error instanceof ApiError && error.status === 404)) throw error;
}

import { Badge, Button, Group, Skeleton, Table, Text, VisuallyHidden } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { mutate as mutateAny } from 'swr';
import { ApiError } from '../../../clients/typescript/src/index.js';
import { programName } from '../shared/program-name';
import { Section } from '../shared/section';
import { useNow } from '../shared/time';
import { useAction } from '../shared/use-action';
import { useData } from '../shared/use-data';
import { Activity } from './activity';
import { endAllSessions, endSession, listSessions, type Session, type User } from './api';
import { byServer } from './clock';
import { Fault } from './page';
import { tell } from '../shared/tell';
import { useFew } from './use-few';

interface UserSessionsProps {
  readonly user: User;
  readonly isOneself: boolean;
}

/** Where somebody is signed in. */
export function UserSessions({ user, isOneself }: UserSessionsProps) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const { data, error, mutate } = useData(['user-sessions', user.id], () => listSessions(user.id), { refreshInterval: 15_000 });
  const { few, more } = useFew(data ?? []);
  const told = async (message: string): Promise<void> => {
    await mutate();
    tell(message, general);
    for (const part of ['connections', 'history']) void mutateAny([`user-${part}`, user.id]);
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
      {!data && error === null && <Skeleton h={120} />}
      {data?.length === 0 && <Text c="dimmed">{t('sessions.none')}</Text>}
      {data && data.length > 0 && (
        <Table verticalSpacing="xs" layout="fixed" aria-label={t('sessions.caption', { name: user.username })}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('common.program')}</Table.Th>
              <Table.Th w={150} visibleFrom="sm">
                {t('sessions.lastUsed')}
              </Table.Th>
              <Table.Th w={110}>
                <VisuallyHidden>{t('sessions.end')}</VisuallyHidden>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {few.map((session) => (
              <SessionRow key={session.id} session={session} onEnd={() => void one.run(session.id)} />
            ))}
          </Table.Tbody>
        </Table>
      )}
      {more}
    </Section>
  );
}

function SessionRow({ session, onEnd }: { readonly session: Session; readonly onEnd: () => void }) {
  const { t } = useTranslation('admin');
  const now = byServer(useNow(5_000));
  const activity = { last: session.last_used_at, since: session.created_at, now };
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
        <Text component="div" size="sm" hiddenFrom="sm">
          <Activity {...activity} isInline />
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Activity {...activity} />
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

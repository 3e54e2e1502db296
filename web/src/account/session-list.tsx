import { Alert, Badge, Button, Group, Skeleton, Table, Text, VisuallyHidden } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useUser } from '../session/session';
import { switchboard } from '../session/switchboard';
import { answered, faultText } from '../shared/faults';
import { programName } from '../shared/program-name';
import { Section } from '../shared/section';
import { tell } from '../shared/tell';
import { Ago } from '../shared/time';
import { useAction } from '../shared/use-action';
import { useData } from '../shared/use-data';

export const sessionsKey = (userId: number) => ['sessions', userId] as const;

const listSessions = (userId: number) =>
  answered(switchboard.rest.GET('/api/v1/users/{user_id}/sessions', { params: { path: { user_id: userId } } }));

/** Ends a session. One that has ended meanwhile is over, too. */
async function endSession(userId: number, id: string): Promise<void> {
  const params = { path: { user_id: userId, id } };
  const { response, ...rest } = await switchboard.rest.DELETE('/api/v1/users/{user_id}/sessions/{id}', { params });
  if (response.status !== 404) await answered(Promise.resolve({ ...rest, response }));
}

/** Where one is signed in, each with a button that ends it. */
export function SessionList() {
  const { t } = useTranslation();
  const { id: userId } = useUser();
  const { data, error, mutate } = useData(sessionsKey(userId), () => listSessions(userId));
  const others = data?.filter(({ current }) => !current) ?? [];
  const one = useAction(async (id: string) => {
    await endSession(userId, id);
    await mutate();
    tell(t('account.ended'), t);
  });
  const all = useAction(async () => {
    for (const { id } of others) await endSession(userId, id ?? '');
    await mutate();
    tell(t('account.endedOthers', { count: others.length }), t);
  });
  const fault = one.fault ?? all.fault ?? (error === null ? null : faultText(error, t));
  return (
    <Section
      title={t('account.sessions')}
      note={t('account.sessionsNote')}
      action={
        <Button
          variant="light"
          color="red"
          size="xs"
          disabled={others.length === 0}
          loading={all.isBusy}
          onClick={() => void all.run()}
        >
          {t('account.endOthers')}
        </Button>
      }
    >
      {fault && (
        <Alert color="red" role="alert">
          {fault}
        </Alert>
      )}
      {!data && error === null && <Skeleton h={120} />}
      {data && (
        <Table verticalSpacing="sm" layout="fixed" aria-label={t('account.sessions')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('account.device')}</Table.Th>
              <Table.Th w="14%" visibleFrom="sm">
                {t('account.protocol')}
              </Table.Th>
              <Table.Th w="20%" visibleFrom="sm">
                {t('account.address')}
              </Table.Th>
              <Table.Th w="20%" visibleFrom="sm">
                {t('account.lastUsed')}
              </Table.Th>
              <Table.Th w={116}>
                <VisuallyHidden>{t('account.endOne')}</VisuallyHidden>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.map((session) => (
              <SessionRow key={session.id} session={session} isBusy={one.isBusy || all.isBusy} onEnd={(id) => void one.run(id)} />
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}

type Session = Awaited<ReturnType<typeof listSessions>>[number];

interface SessionRowProps {
  readonly session: Session;
  readonly isBusy: boolean;
  readonly onEnd: (id: string) => void;
}

/** On narrow screens everything about it stands in one cell, so that the button that ends it is in view. */
function SessionRow({ session, isBusy, onEnd }: SessionRowProps) {
  const { t } = useTranslation();
  const { id = '', user_agent: agent, protocol, ip, last_used_at: used = '', current } = session;
  const program = programName(agent);
  return (
    <Table.Tr>
      <Table.Td title={agent ?? undefined} style={{ overflowWrap: 'anywhere' }}>
        <Group gap="xs">
          {program ?? <Text c="dimmed">{t('account.unknownDevice')}</Text>}
          {current && (
            <Badge size="sm" variant="light" tt="none">
              {t('account.current')}
            </Badge>
          )}
        </Group>
        <Text component="div" size="sm" c="dimmed" hiddenFrom="sm">
          {protocol} · {ip} · <Ago at={used} />
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="sm">{protocol}</Table.Td>
      <Table.Td visibleFrom="sm" style={{ overflowWrap: 'anywhere' }}>
        {ip}
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Ago at={used} />
      </Table.Td>
      <Table.Td ta="right">
        {!current && (
          <Button
            size="compact-sm"
            variant="subtle"
            color="red"
            disabled={isBusy}
            aria-label={t('account.endOneLabel', { name: `${protocol} ${program ?? ''} ${ip}` })}
            onClick={() => onEnd(id)}
          >
            {t('account.endOne')}
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

import { Alert, Badge, Button, Group, Skeleton, Table, Text } from '@mantine/core';
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

const endSession = (userId: number, id: string) =>
  answered(switchboard.rest.DELETE('/api/v1/users/{user_id}/sessions/{id}', { params: { path: { user_id: userId, id } } }));

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
        <Table.ScrollContainer minWidth={560} type="native" tabIndex={0} aria-label={t('account.sessions')}>
          <Table verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('account.device')}</Table.Th>
                <Table.Th>{t('account.protocol')}</Table.Th>
                <Table.Th>{t('account.address')}</Table.Th>
                <Table.Th>{t('account.lastUsed')}</Table.Th>
                <Table.Th aria-label={t('account.endOne')} />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.map(({ id = '', user_agent: agent, protocol, ip, last_used_at: used = '', current }) => (
                <Table.Tr key={id}>
                  <Table.Td title={agent ?? undefined}>
                    <Group gap="xs">
                      {programName(agent) ?? <Text c="dimmed">{t('account.unknownDevice')}</Text>}
                      {current && (
                        <Badge size="sm" variant="light" tt="none">
                          {t('account.current')}
                        </Badge>
                      )}
                    </Group>
                  </Table.Td>
                  <Table.Td>{protocol}</Table.Td>
                  <Table.Td>{ip}</Table.Td>
                  <Table.Td>
                    <Ago at={used} />
                  </Table.Td>
                  <Table.Td ta="right">
                    {!current && (
                      <Button
                        size="compact-sm"
                        variant="subtle"
                        color="red"
                        aria-label={t('account.endOneLabel', { name: `${protocol} ${programName(agent) ?? ''} ${ip}` })}
                        onClick={() => void one.run(id)}
                      >
                        {t('account.endOne')}
                      </Button>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Section>
  );
}

import { Alert, Badge, Skeleton, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useUser } from '../session/session';
import { switchboard } from '../session/switchboard';
import { answered, faultText } from '../shared/faults';
import { Section } from '../shared/section';
import { Ago } from '../shared/time';
import { useData } from '../shared/use-data';

const listClients = (userId: number) =>
  answered(switchboard.rest.GET('/api/v1/users/{user_id}/clients', { params: { path: { user_id: userId } } }));

/** The ids that one's own programs gave themselves. */
export function ClientList() {
  const { t } = useTranslation();
  const { id: userId } = useUser();
  const { data, error } = useData(['clients', userId], () => listClients(userId));
  return (
    <Section title={t('account.clients')} note={t('account.clientsNote')}>
      {error !== null && (
        <Alert color="red" role="alert">
          {faultText(error, t)}
        </Alert>
      )}
      {!data && error === null && <Skeleton h={60} />}
      {data?.length === 0 && <Text c="dimmed">{t('account.noClients')}</Text>}
      {data && data.length > 0 && (
        <Table.ScrollContainer minWidth={480} type="native" tabIndex={0} aria-label={t('account.clients')}>
          <Table verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('account.clientId')}</Table.Th>
                <Table.Th>{t('account.firstSeen')}</Table.Th>
                <Table.Th>{t('account.lastSeen')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.map(({ client_id: id, first_seen: first, last_seen: last, online }) => (
                <Table.Tr key={id}>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>{id}</Table.Td>
                  <Table.Td>
                    <Ago at={first} />
                  </Table.Td>
                  <Table.Td>
                    {online ? (
                      <Badge color="teal" variant="light" tt="none">
                        {t('account.online')}
                      </Badge>
                    ) : (
                      <Ago at={last} />
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

import { ActionIcon, Alert, Box, Button, Card, Group, Loader, Stack, Text, Title, Tooltip } from '@mantine/core';
import { Flag, Inbox } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { useReporting } from '../contacts/reporting';
import { useBlocking } from '../contacts/use-blocks';
import { Empty } from '../shared/empty';
import { faultText } from '../shared/faults';
import { Ago } from '../shared/time';
import { useAction } from '../shared/use-action';
import { Back } from './back';
import classes from './chat.module.css';
import { ChatAvatar } from './chat-item';
import type { ChatRequest } from './requests';
import type { ChatStores } from './stores';

/** Requests of people who want to write, and invitations to groups. */
export function RequestsPane({ stores }: { readonly stores: ChatStores }) {
  const { t } = useTranslation('contacts');
  const { t: general } = useTranslation();
  const { requests } = stores;
  const all = requests.all();
  return (
    <>
      <Box component="header" className={classes.head}>
        <Back />
        <Title order={2} size="h4">
          {t('requests.title')}
        </Title>
      </Box>
      <Box className={classes.scroll} p="md" tabIndex={-1} role="region" aria-label={t('requests.title')}>
        <Stack maw={680} mx="auto">
          {requests.fault !== null && (
            <Alert color="red" role="alert">
              {faultText(requests.fault, general)}{' '}
              <Button size="compact-xs" variant="subtle" onClick={() => void requests.load()}>
                {general('app.retry')}
              </Button>
            </Alert>
          )}
          {!requests.isLoaded && requests.fault === null && <Loader mx="auto" aria-label={general('app.loading')} />}
          {requests.isLoaded && all.length === 0 && (
            <Empty
              title={t('requests.none')}
              text={t('requests.noneText')}
              icon={<Inbox size={40} aria-hidden opacity={0.4} />}
            />
          )}
          {all.length > 0 && (
            <Text size="sm" c="dimmed">
              {t('requests.text')}
            </Text>
          )}
          <Stack component="ul" gap="sm" p={0} m={0} style={{ listStyle: 'none' }} aria-label={t('requests.title')}>
            {all.map((request) => (
              <RequestCard key={request.chat_id} request={request} stores={stores} />
            ))}
          </Stack>
          {requests.hasMore && (
            <Button variant="subtle" onClick={() => void requests.more()}>
              {general('app.more')}
            </Button>
          )}
        </Stack>
      </Box>
    </>
  );
}

/** With the request goes the button: who came by keyboard stays among the requests. */
async function thenToRegion(button: HTMLElement, work: () => Promise<boolean>): Promise<void> {
  const region = button.closest<HTMLElement>('[role=region]');
  if (await work()) region?.focus();
}

interface RequestCardProps {
  readonly request: ChatRequest;
  readonly stores: ChatStores;
}

function RequestCard({ request, stores: { list, requests } }: RequestCardProps) {
  const { t } = useTranslation('contacts');
  const [, go] = useLocation();
  const { block } = useBlocking();
  const { report } = useReporting();
  const { chat_id: chatId, chat_type: type, chat_name: chatName, from_id: userId, from_name: from, created_at: at } = request;
  const isGroup = type === 'group';
  const name = isGroup ? chatName : from;
  const accept = useAction(async () => {
    list.know(await requests.accept(chatId));
    go(`/chats/${chatId}`);
  });
  const decline = useAction(() => requests.decline(chatId));
  const fault = accept.fault ?? decline.fault;
  const isBusy = accept.isBusy || decline.isBusy;
  return (
    <Card component="li" withBorder padding="md">
      <Group wrap="nowrap" align="start">
        <ChatAvatar name={name} type={type} />
        <Box style={{ minWidth: 0, flex: 1 }}>
          <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
            <bdi>{name}</bdi>
          </Text>
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {isGroup ? t('requests.group', { name: from }) : t('requests.personal')}
          </Text>
          <Text size="xs" c="dimmed">
            <Ago at={at} />
          </Text>
        </Box>
        <Tooltip label={t('report.user', { name: from })}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('report.user', { name: from })}
            onClick={() => report({ userId, username: from })}
          >
            <Flag size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Group>
      {fault && (
        <Alert color="red" role="alert" mt="sm">
          {fault}
        </Alert>
      )}
      <Group gap="xs" mt="sm">
        <Button
          size="sm"
          loading={accept.isBusy}
          disabled={isBusy}
          aria-label={t(isGroup ? 'requests.acceptGroup' : 'requests.acceptOf', { name })}
          onClick={() => void accept.run()}
        >
          {t('requests.accept')}
        </Button>
        <Button
          variant="default"
          size="sm"
          loading={decline.isBusy}
          disabled={isBusy}
          aria-label={t(isGroup ? 'requests.declineGroup' : 'requests.declineOf', { name })}
          onClick={(event) => void thenToRegion(event.currentTarget, decline.run)}
        >
          {t('requests.decline')}
        </Button>
        <Button
          variant="subtle"
          color="red"
          size="sm"
          disabled={isBusy}
          aria-label={t('block.name', { name: from })}
          onClick={(event) => void thenToRegion(event.currentTarget, () => block({ user_id: userId }, from))}
        >
          {t('block.action')}
        </Button>
      </Group>
    </Card>
  );
}

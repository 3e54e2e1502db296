import { ActionIcon, Alert, Badge, Box, Button, Group, Skeleton, Stack, Text, TextInput, Title, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Archive, Inbox, Plus, Search } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { faultText } from '../shared/faults';
import classes from './chat.module.css';
import { ChatItem } from './chat-item';
import { NewChat } from './new-chat';
import type { OpenPlace } from './place';
import type { Requests } from './requests';
import type { ChatStores } from './stores';

interface ListPaneProps {
  readonly stores: ChatStores;
  readonly open: OpenPlace;
}

/** The chats, or those that are hidden; above them the requests for others. */
export function ListPane({ stores: { list, hidden, requests }, open }: ListPaneProps) {
  const { t } = useTranslation();
  const [isHidden, setHidden] = useState(false);
  const [wanted, setWanted] = useState('');
  const [isMaking, dialog] = useDisclosure(false);
  const source = isHidden ? hidden : list;
  const words = wanted.trim().toLocaleLowerCase();
  const shown = source.all().filter(({ chat_name: name }) => name.toLocaleLowerCase().includes(words));
  const toggle = (): void => {
    if (!isHidden) void hidden.load();
    setHidden(!isHidden);
  };
  return (
    <Box className={classes.list} component="section" aria-label={t('chat.title')}>
      <Group px="md" pt="md" pb="xs" gap="xs" wrap="nowrap">
        <Title order={1} size="h3" mr="auto" lineClamp={1}>
          {t(isHidden ? 'chat.hiddenTitle' : 'chat.title')}
        </Title>
        <Tooltip label={t('chat.hiddenTitle')}>
          <ActionIcon
            variant={isHidden ? 'filled' : 'subtle'}
            color={isHidden ? undefined : 'gray'}
            size="lg"
            aria-label={t('chat.hiddenTitle')}
            aria-pressed={isHidden}
            onClick={toggle}
          >
            <Archive size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={t('chat.new')}>
          <ActionIcon variant="light" size="lg" aria-label={t('chat.new')} onClick={dialog.open}>
            <Plus size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Group>
      <Box px="md" pb="xs">
        <TextInput
          placeholder={t('chat.search')}
          aria-label={t('chat.search')}
          leftSection={<Search size={16} aria-hidden />}
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
      </Box>
      {source.fault !== null && (
        <Alert color="red" mx="md" mb="xs" role="alert">
          {faultText(source.fault, t)}{' '}
          <Button size="compact-xs" variant="subtle" onClick={() => void (isHidden ? hidden.load() : list.reload())}>
            {t('app.retry')}
          </Button>
        </Alert>
      )}
      <Box className={classes.scroll} tabIndex={-1}>
        {!isHidden && <RequestsEntry requests={requests} isOpen={open === 'requests'} />}
        {!source.isLoaded && source.fault === null && <Loading />}
        {source.isLoaded && source.all().length === 0 && (isHidden ? <NoneHidden /> : <None onNew={dialog.open} />)}
        <ul className={classes.items}>
          {shown.map((chat) => (
            <ChatItem key={chat.chat_id} chat={chat} isOpen={chat.chat_id === open} />
          ))}
        </ul>
        {source.hasMore && (
          <Button variant="subtle" fullWidth onClick={() => void source.more()}>
            {t('app.more')}
          </Button>
        )}
      </Box>
      <NewChat isOpen={isMaking} onClose={dialog.close} list={list} />
    </Box>
  );
}

/** The way to the requests; not there while there are none. */
function RequestsEntry({ requests, isOpen }: { readonly requests: Requests; readonly isOpen: boolean }) {
  const { t } = useTranslation('contacts');
  const { count, hasMore } = requests;
  if (count === 0 && !isOpen) return null;
  return (
    <Box px="0.5rem">
      <Link href="/chats/requests" className={classes.item} aria-current={isOpen ? 'page' : undefined}>
        <Box className={classes.sign}>
          <Inbox size={20} aria-hidden />
        </Box>
        <Text fw={550} flex={1}>
          {t('requests.title')}
        </Text>
        {count > 0 && (
          <Badge size="md" circle={count < 10 && !hasMore} aria-label={t('requests.count', { count })}>
            {hasMore ? `${count}+` : count}
          </Badge>
        )}
      </Link>
    </Box>
  );
}

function None({ onNew }: { readonly onNew: () => void }) {
  const { t } = useTranslation();
  return (
    <Stack align="center" p="xl" gap="xs" ta="center">
      <Text fw={600}>{t('chat.empty')}</Text>
      <Text size="sm" c="dimmed">
        {t('chat.emptyText')}
      </Text>
      <Button mt="xs" leftSection={<Plus size={16} aria-hidden />} onClick={onNew}>
        {t('chat.new')}
      </Button>
    </Stack>
  );
}

function NoneHidden() {
  const { t } = useTranslation();
  return (
    <Stack align="center" p="xl" gap="xs" ta="center">
      <Text fw={600}>{t('chat.hiddenNone')}</Text>
      <Text size="sm" c="dimmed">
        {t('chat.hiddenText')}
      </Text>
    </Stack>
  );
}

function Loading() {
  return (
    <Stack p="md" gap="md">
      {[0, 1, 2, 3, 4].map((n) => (
        <Group key={n} wrap="nowrap">
          <Skeleton circle h={40} w={40} />
          <Skeleton h={36} />
        </Group>
      ))}
    </Stack>
  );
}

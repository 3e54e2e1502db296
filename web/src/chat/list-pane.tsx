import {
  ActionIcon,
  Alert,
  Avatar,
  Badge,
  Box,
  Button,
  Group,
  Skeleton,
  Stack,
  Text,
  TextInput,
  Title,
  Tooltip,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Plus, Search, UsersRound } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { ChatSummary } from '../../../clients/typescript/src/index.js';
import { useUser } from '../session/session';
import { faultText } from '../shared/faults';
import classes from './chat.module.css';
import type { ChatList } from './chat-list';
import { NewChat } from './new-chat';
import { shortTime } from './times';
import { useStore } from './use-store';
import { useRegion } from '../shared/use-region';

interface ListPaneProps {
  readonly list: ChatList;
  readonly openId: number | null;
}

export function ListPane({ list, openId }: ListPaneProps) {
  const { t } = useTranslation();
  useStore(list);
  const [wanted, setWanted] = useState('');
  const [isMaking, { open, close }] = useDisclosure(false);
  const words = wanted.trim().toLocaleLowerCase();
  const shown = list.all().filter(({ chat_name: name }) => name.toLocaleLowerCase().includes(words));
  return (
    <Box className={classes.list} component="section" aria-label={t('chat.title')}>
      <Group justify="space-between" px="md" pt="md" pb="xs" wrap="nowrap">
        <Title order={1} size="h3">
          {t('chat.title')}
        </Title>
        <Tooltip label={t('chat.new')}>
          <ActionIcon variant="light" size="lg" aria-label={t('chat.new')} onClick={open}>
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
      {list.fault !== null && (
        <Alert color="red" mx="md" mb="xs" role="alert">
          {faultText(list.fault, t)}{' '}
          <Button size="compact-xs" variant="subtle" onClick={() => void list.reload()}>
            {t('app.retry')}
          </Button>
        </Alert>
      )}
      <Box className={classes.scroll} tabIndex={-1}>
        {!list.isLoaded && list.fault === null && <Loading />}
        {list.isLoaded && list.all().length === 0 && (
          <Stack align="center" p="xl" gap="xs" ta="center">
            <Text fw={600}>{t('chat.empty')}</Text>
            <Text size="sm" c="dimmed">
              {t('chat.emptyText')}
            </Text>
            <Button mt="xs" leftSection={<Plus size={16} aria-hidden />} onClick={open}>
              {t('chat.new')}
            </Button>
          </Stack>
        )}
        <ul className={classes.items}>
          {shown.map((chat) => (
            <Item key={chat.chat_id} chat={chat} isOpen={chat.chat_id === openId} />
          ))}
        </ul>
        {list.hasMore && (
          <Button variant="subtle" fullWidth onClick={() => void list.more()}>
            {t('app.more')}
          </Button>
        )}
      </Box>
      <NewChat isOpen={isMaking} onClose={close} list={list} />
    </Box>
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

function Item({ chat, isOpen }: { readonly chat: ChatSummary; readonly isOpen: boolean }) {
  const { t } = useTranslation();
  const region = useRegion();
  const { id } = useUser();
  const { chat_id: chatId, chat_name: name, chat_type: type, unread, last_message: last } = chat;
  const by = last?.from_id === id ? `${t('chat.youSaid')}: ` : type === 'group' && last ? `${last.from_name}: ` : '';
  const said = last?.kind === 'deleted' ? t('chat.deleted') : last?.content;
  const preview = last ? `${by}${said ?? ''}` : t('chat.draft');
  return (
    <li>
      <Link href={`/chats/${chatId}`} className={classes.item} aria-current={isOpen ? 'page' : undefined}>
        <ChatAvatar name={name} type={type} />
        <Box style={{ minWidth: 0, flex: 1 }}>
          <Group justify="space-between" wrap="nowrap" gap="xs">
            <Text fw={unread > 0 ? 700 : 550} truncate title={name}>
              {name}
            </Text>
            <Text size="xs" c="dimmed" style={{ flexShrink: 0 }}>
              <time dateTime={chat.last_activity_at}>{shortTime(new Date(chat.last_activity_at), region)}</time>
            </Text>
          </Group>
          <Group justify="space-between" wrap="nowrap" gap="xs">
            <Text size="sm" c="dimmed" truncate dir="auto">
              {preview}
            </Text>
            {unread > 0 && (
              <Badge size="md" circle={unread < 10} style={{ flexShrink: 0 }} aria-label={t('chat.unread', { count: unread })}>
                {unread > 99 ? '99+' : unread}
              </Badge>
            )}
          </Group>
        </Box>
      </Link>
    </li>
  );
}

export function ChatAvatar({ name, type, size = 42 }: { readonly name: string; readonly type: string; readonly size?: number }) {
  return type === 'group' ? (
    <Avatar color="gray" size={size} radius="xl" alt="">
      <UsersRound size={size / 2} aria-hidden />
    </Avatar>
  ) : (
    <Avatar name={name} color="initials" size={size} radius="xl" alt="" aria-hidden />
  );
}

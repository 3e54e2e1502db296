import { Avatar, Badge, Box, Group, Text } from '@mantine/core';
import { UsersRound } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { ChatSummary } from '../../../clients/typescript/src/index.js';
import { useUser } from '../session/session';
import { useRegion } from '../shared/use-region';
import classes from './chat.module.css';
import { shortTime } from './times';

/** A chat in the list: its name, what was said last, and how much is new. */
export function ChatItem({ chat, isOpen }: { readonly chat: ChatSummary; readonly isOpen: boolean }) {
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

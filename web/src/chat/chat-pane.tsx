import { ActionIcon, Alert, Box, Button, Loader, Text, Title, Tooltip } from '@mantine/core';
import { useDisclosure, useDocumentVisibility } from '@mantine/hooks';
import { ArrowLeft, DoorClosed, Users } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { Chat } from '../../../clients/typescript/src/index.js';
import { useUser } from '../session/session';
import { Empty } from '../shared/empty';
import { faultText } from '../shared/faults';
import classes from './chat.module.css';
import type { ChatList } from './chat-list';
import type { ChatLog, ShownMessage } from './chat-log';
import { Composer } from './composer';
import { ChatAvatar } from './list-pane';
import { MembersDrawer } from './members-drawer';
import { MessageList, type MessageListProps } from './message-list';
import { useStore } from './use-store';
import { useRegion } from '../shared/use-region';

interface ChatPaneProps {
  readonly list: ChatList;
  readonly chatId: number;
}

/** One chat: what is said in it, and a place to say something. */
export function ChatPane({ list, chatId }: ChatPaneProps) {
  const { t } = useTranslation();
  const log = list.log(chatId);
  useStore(log);
  const [edited, setEdited] = useState<ShownMessage | null>(null);
  const { isAtEnd, setAtEnd } = useReading(list, log);
  if (log.isGone) return <Gone />;
  return (
    <>
      <Head log={log} list={list} />
      {log.fault !== null && (
        <Alert color="red" m="sm" role="alert">
          {faultText(log.fault, t)}{' '}
          <Button size="compact-xs" variant="subtle" onClick={() => void (log.isLoaded ? log.refresh() : log.load())}>
            {t('app.retry')}
          </Button>
        </Alert>
      )}
      {log.isLoaded ? (
        <Opened list={list} log={log} isAtEnd={isAtEnd} onEnd={setAtEnd} onEdit={setEdited} />
      ) : (
        <Box style={{ flex: 1, display: 'flex' }}>
          <Loader m="auto" aria-label={t('app.loading')} />
        </Box>
      )}
      <Typing log={log} />
      <Composer log={log} edited={edited} onEdited={setEdited} />
    </>
  );
}

/** The messages, from where they are here: how far they had been read by then says the list, which hears of it from other tabs, too. */
function Opened({ list, log, ...props }: { readonly list: ChatList } & Omit<MessageListProps, 'readSeq'>) {
  const [readSeq] = useState(() => list.find(log.chatId)?.read_seq ?? log.chat?.read_seq ?? 0);
  return <MessageList log={log} readSeq={readSeq} {...props} />;
}

/** What is on the screen is read: while the page is seen, and its end is in view. */
function useReading(list: ChatList, log: ChatLog) {
  const [isAtEnd, setAtEnd] = useState(true);
  const visibility = useDocumentVisibility();
  const isReading = isAtEnd && visibility === 'visible' && log.isLoaded;
  useEffect(() => {
    list.watch(isReading ? log.chatId : null);
    return () => list.watch(null);
  }, [list, log, isReading]);
  const last = list.find(log.chatId)?.last_seq;
  useEffect(() => {
    // Together with what comes in the next moment.
    const timer = setTimeout(() => {
      if (isReading) list.read(log.chatId);
    }, 300);
    return () => clearTimeout(timer);
  }, [list, log, isReading, last]);
  return { isAtEnd, setAtEnd };
}

function Head({ log, list }: { readonly log: ChatLog; readonly list: ChatList }) {
  const { t } = useTranslation();
  // Of new roles nobody is told.
  const [isOpen, { open, close }] = useDisclosure(false, { onOpen: () => void log.refresh() });
  const { chat } = log;
  // The list knows of a new name first.
  const { chat_name: name, chat_type: type } = list.find(log.chatId) ?? chat ?? { chat_name: '', chat_type: 'group' };
  return (
    <Box component="header" className={classes.head}>
      <ActionIcon
        component={Link}
        href="/chats"
        variant="subtle"
        color="gray"
        size="lg"
        className={classes.back}
        aria-label={t('app.back')}
      >
        <ArrowLeft size={20} aria-hidden />
      </ActionIcon>
      <ChatAvatar name={name} type={type} size={38} />
      <Box style={{ minWidth: 0, flex: 1 }}>
        <Title order={2} size="h4" lineClamp={1} title={name}>
          {name}
        </Title>
        {chat && <Who chat={chat} />}
      </Box>
      {type === 'group' && (
        <Tooltip label={t('chat.members')}>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('chat.members')} onClick={open}>
            <Users size={20} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
      {chat && <MembersDrawer log={log} list={list} chat={chat} isOpen={isOpen} onClose={close} />}
    </Box>
  );
}

/** How many are in a group; of a personal chat, whether the other is there. */
function Who({ chat }: { readonly chat: Chat }) {
  const { t } = useTranslation();
  const { id } = useUser();
  const isOnline = chat.members.some((member) => member.user_id !== id && member.online);
  const isPersonal = chat.chat_type === 'personal';
  return (
    <Text size="xs" c={isPersonal && isOnline ? 'var(--good)' : 'dimmed'} lh={1.2}>
      {isPersonal ? t(isOnline ? 'chat.online' : 'chat.offline') : t('chat.memberCount', { count: chat.members.length })}
    </Text>
  );
}

function Typing({ log }: { readonly log: ChatLog }) {
  const { t } = useTranslation();
  const region = useRegion();
  const names = log.typing();
  const listed = new Intl.ListFormat(region, { type: 'conjunction' }).format(names);
  return (
    <Text size="xs" c="dimmed" className={classes.typing} aria-live="polite" truncate>
      {names.length > 0 && t('chat.typing', { count: names.length, names: listed })}
    </Text>
  );
}

function Gone() {
  const { t } = useTranslation();
  return (
    <Empty title={t('chat.gone')} icon={<DoorClosed size={40} aria-hidden opacity={0.4} />}>
      <Button component={Link} href="/chats" variant="light">
        {t('chat.title')}
      </Button>
    </Empty>
  );
}

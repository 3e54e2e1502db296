import { ActionIcon, Alert, Box, Button, Loader, Text, Title, Tooltip } from '@mantine/core';
import { useDisclosure, useDocumentVisibility } from '@mantine/hooks';
import { DoorClosed, Users } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { Chat } from '../../../clients/typescript/src/index.js';
import { useBlocks } from '../contacts/use-blocks';
import { useUser } from '../session/session';
import { Empty } from '../shared/empty';
import { faultText } from '../shared/faults';
import { useRegion } from '../shared/use-region';
import { useStore } from '../shared/use-store';
import classes from './chat.module.css';
import { Back } from './back';
import { BlockedBar } from './blocked-bar';
import { ChatAvatar } from './chat-item';
import type { ChatList } from './chat-list';
import type { ChatLog } from './chat-log';
import type { ShownMessage } from './shown-message';
import { ChatMenu } from './chat-menu';
import { type Companion, companionOf } from './companion';
import { Composer } from './composer';
import { MembersDrawer } from './members-drawer';
import { MessageList, type MessageListProps } from './message-list';
import type { ChatStores } from './stores';

interface ChatPaneProps {
  readonly stores: ChatStores;
  readonly chatId: number;
}

/** One chat: what is said in it, and a place to say something. */
export function ChatPane({ stores, chatId }: ChatPaneProps) {
  const { t } = useTranslation();
  const { id } = useUser();
  const blocks = useBlocks();
  const { list } = stores;
  const log = list.log(chatId);
  useStore(log);
  const [edited, setEdited] = useState<ShownMessage | null>(null);
  const { isAtEnd, setAtEnd } = useReading(list, log);
  if (log.isGone) return <Gone />;
  const companion = log.chat && companionOf(log.chat, id);
  const blocked = companion && blocks.find(companion.userId, companion.username);
  return (
    <>
      <Head log={log} stores={stores} companion={companion} />
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
      {blocked ? (
        <BlockedBar blocked={blocked} />
      ) : (
        <>
          <Typing log={log} />
          <Composer log={log} edited={edited} onEdited={setEdited} />
        </>
      )}
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

interface HeadProps {
  readonly log: ChatLog;
  readonly stores: ChatStores;
  readonly companion: Companion | null;
}

function Head({ log, stores, companion }: HeadProps) {
  const { t } = useTranslation();
  const { list } = stores;
  // Of new roles nobody is told.
  const [isOpen, { open, close }] = useDisclosure(false, { onOpen: () => void log.refresh() });
  const { chat } = log;
  // The list knows of a new name first.
  const { chat_name: name, chat_type: type } = list.find(log.chatId) ?? chat ?? { chat_name: '', chat_type: 'group' };
  return (
    <Box component="header" className={classes.head}>
      <Back />
      <ChatAvatar name={name} type={type} size={38} />
      <Box style={{ minWidth: 0, flex: 1 }}>
        <Title order={2} size="h4" lineClamp={1} title={name} style={{ wordBreak: 'break-all' }}>
          {name}
        </Title>
        {chat && <Who chat={chat} companion={companion} />}
      </Box>
      {type === 'group' && (
        <Tooltip label={t('chat.members')}>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('chat.members')} onClick={open}>
            <Users size={20} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
      {chat && <ChatMenu log={log} stores={stores} companion={companion} />}
      {chat && <MembersDrawer log={log} list={list} chat={chat} isOpen={isOpen} onClose={close} />}
    </Box>
  );
}

/** How many are in a group; of a personal chat, whether the other is there. */
function Who({ chat, companion }: { readonly chat: Chat; readonly companion: Companion | null }) {
  const { t } = useTranslation();
  const isOnline = companion !== null && chat.members.some((member) => member.user_id === companion.userId && member.online);
  return (
    <Text size="xs" c={isOnline ? 'var(--good)' : 'dimmed'} lh={1.2}>
      {companion === null
        ? t('chat.memberCount', { count: chat.members.length })
        : t(companion.userId === undefined ? 'chat.notAccepted' : isOnline ? 'chat.online' : 'chat.offline')}
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

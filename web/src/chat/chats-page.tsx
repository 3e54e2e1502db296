import { Box, Loader } from '@mantine/core';
import { MessageSquare } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { LiveConnection } from '../../../clients/typescript/src/index.js';
import { useLive, useUser } from '../session/session';
import { Empty } from '../shared/empty';
import { useTitle } from '../shared/use-title';
import classes from './chat.module.css';
import { ChatList } from './chat-list';
import { ChatPane } from './chat-pane';
import { ListPane } from './list-pane';
import { useStore } from './use-store';

/** One for each live connection: what was loaded is still there when its user comes back to this page. */
const lists = new WeakMap<LiveConnection, ChatList>();

function useChatList(): ChatList {
  const live = useLive();
  const { id } = useUser();
  const known = lists.get(live) ?? new ChatList(live, id);
  lists.set(live, known);
  return known;
}

/** The chats: the list, and the one that is open. On narrow screens one of the two. */
export default function ChatsPage({ chatId }: { readonly chatId: number | null }) {
  const { t } = useTranslation();
  const list = useChatList();
  useStore(list);
  const open = chatId === null ? undefined : list.find(chatId);
  useTitle(open?.chat_name ?? t('chat.title'), list.unread);
  return (
    <Box className={classes.page} data-open={chatId !== null || undefined}>
      <ListPane list={list} openId={chatId} />
      <Box className={classes.chat}>
        {chatId !== null ? (
          <ChatPane key={chatId} list={list} chatId={chatId} />
        ) : list.isLoaded ? (
          <Empty
            title={t('chat.choose')}
            text={t('chat.chooseText')}
            icon={<MessageSquare size={40} aria-hidden opacity={0.4} />}
          />
        ) : (
          <Loader m="auto" aria-label={t('app.loading')} />
        )}
      </Box>
    </Box>
  );
}

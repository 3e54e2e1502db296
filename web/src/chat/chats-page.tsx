import { Box, Loader } from '@mantine/core';
import { MessageSquare } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import '../contacts/texts';
import { Reporting } from '../contacts/reporting';
import { Empty } from '../shared/empty';
import { useTitle } from '../shared/use-title';
import classes from './chat.module.css';
import { ChatPane } from './chat-pane';
import { ListPane } from './list-pane';
import type { OpenPlace } from './place';
import { RequestsPane } from './requests-pane';
import { type ChatStores, useChatStores } from './stores';

/** The chats: the list, and the one that is open. On narrow screens one of the two. */
export default function ChatsPage({ open }: { readonly open: OpenPlace }) {
  const { t } = useTranslation();
  const { t: contacts } = useTranslation('contacts');
  const stores = useChatStores();
  const { list } = stores;
  const chat = typeof open === 'number' ? list.find(open) : undefined;
  const title = open === 'requests' ? contacts('requests.title') : t('chat.title');
  useTitle(chat?.chat_name ?? title, list.unread);
  return (
    <Reporting>
      <Box className={classes.page} data-open={open !== null || undefined}>
        <ListPane stores={stores} open={open} />
        <Box className={classes.chat}>
          <Opened stores={stores} open={open} />
        </Box>
      </Box>
    </Reporting>
  );
}

function Opened({ stores, open }: { readonly stores: ChatStores; readonly open: OpenPlace }) {
  const { t } = useTranslation();
  if (open === 'requests') return <RequestsPane stores={stores} />;
  if (open !== null) return <ChatPane key={open} stores={stores} chatId={open} />;
  if (!stores.list.isLoaded) return <Loader m="auto" aria-label={t('app.loading')} />;
  return (
    <Empty title={t('chat.choose')} text={t('chat.chooseText')} icon={<MessageSquare size={40} aria-hidden opacity={0.4} />} />
  );
}

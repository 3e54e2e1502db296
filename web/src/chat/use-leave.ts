import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { useLive } from '../session/session';
import { confirm } from '../shared/confirm';
import { showFault } from '../shared/show-fault';
import type { ChatList } from './chat-list';
import type { ChatLog } from './chat-log';

/** Leaves a chat, if the user is sure. */
export function useLeave(log: ChatLog, list: ChatList): () => Promise<void> {
  const { t } = useTranslation();
  const live = useLive();
  const [, go] = useLocation();
  return async () => {
    const { chatId, chat } = log;
    const isGroup = chat?.chat_type === 'group';
    const text = t(isGroup ? 'chat.leaveSure' : 'chat.leaveChatSure', { name: chat?.chat_name ?? '' });
    if (!(await confirm({ text, action: t(isGroup ? 'chat.leave' : 'chat.leaveChat') }))) return;
    try {
      await live.command('chat.leave', { chat_id: chatId });
      list.forget(chatId);
      go('/chats');
    } catch (thrown) {
      showFault(thrown, t);
    }
  };
}

import { ActionIcon, Menu } from '@mantine/core';
import { Archive, ArchiveRestore, Ban, CircleCheck, Ellipsis, Flag, LogOut } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { useReporting } from '../contacts/reporting';
import { useBlocking, useBlocks } from '../contacts/use-blocks';
import { showFault } from '../shared/show-fault';
import { tell } from '../shared/tell';
import type { Companion } from './companion';
import type { ChatLog } from './chat-log';
import type { ChatStores } from './stores';
import { useLeave } from './use-leave';

interface ChatMenuProps {
  readonly log: ChatLog;
  readonly stores: ChatStores;
  /** The other of a personal chat; null in a group. */
  readonly companion: Companion | null;
}

/** What one may do with a chat as a whole, and in a personal one about the other. */
export function ChatMenu({ log, stores, companion }: ChatMenuProps) {
  const { t } = useTranslation();
  const leave = useLeave(log, stores.list);
  const [, go] = useLocation();
  const { list, hidden } = stores;
  const isHidden = hidden.has(log.chatId);
  const change = (work: Promise<void>, then: () => void): void => {
    work.then(then, (thrown: unknown) => showFault(thrown, t));
  };
  const hide = (): void =>
    change(hidden.hide(log.chatId), () => {
      list.forget(log.chatId);
      tell(t('chat.hiddenDone'), t);
      go('/chats');
    });
  const unhide = (): void =>
    change(hidden.unhide(log.chatId), () => {
      void list.reload();
      tell(t('chat.unhiddenDone'), t);
    });
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('chat.menu')}>
          <Ellipsis size={20} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {isHidden ? (
          <Menu.Item leftSection={<ArchiveRestore size={16} aria-hidden />} onClick={unhide}>
            {t('chat.unhide')}
          </Menu.Item>
        ) : (
          <Menu.Item leftSection={<Archive size={16} aria-hidden />} onClick={hide}>
            {t('chat.hide')}
          </Menu.Item>
        )}
        {companion && <CompanionItems companion={companion} />}
        <Menu.Item
          c="var(--mantine-color-red-light-color)"
          leftSection={<LogOut size={16} aria-hidden />}
          onClick={() => void leave()}
        >
          {t(companion ? 'chat.leaveChat' : 'chat.leave')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function CompanionItems({ companion: { userId, username: name } }: { readonly companion: Companion }) {
  const { t } = useTranslation('contacts');
  const { block, unblock } = useBlocking();
  const { report } = useReporting();
  const blocked = useBlocks().find(userId, name);
  return (
    <>
      {userId !== undefined && (
        <Menu.Item leftSection={<Flag size={16} aria-hidden />} onClick={() => report({ userId, username: name })}>
          {t('report.action')}
        </Menu.Item>
      )}
      {blocked ? (
        <Menu.Item leftSection={<CircleCheck size={16} aria-hidden />} onClick={() => void unblock(blocked.user_id, name)}>
          {t('block.undoName', { name })}
        </Menu.Item>
      ) : (
        <Menu.Item
          leftSection={<Ban size={16} aria-hidden />}
          onClick={() => void block(userId === undefined ? { username: name } : { user_id: userId }, name)}
        >
          {t('block.name', { name })}
        </Menu.Item>
      )}
    </>
  );
}

import { ActionIcon, Menu } from '@mantine/core';
import { Ban, Ellipsis, Flag, Pencil, Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useReporting } from '../contacts/reporting';
import { useBlocking } from '../contacts/use-blocks';
import { useUser } from '../session/session';
import { confirm } from '../shared/confirm';
import { showFault } from '../shared/show-fault';
import classes from './chat.module.css';
import type { ChatLog } from './chat-log';
import type { ShownMessage } from './shown-message';

interface MessageMenuProps {
  readonly message: ShownMessage;
  readonly isOwn: boolean;
  readonly log: ChatLog;
  readonly onEdit: (message: ShownMessage) => void;
}

/**
 * What one may do with a message: edit one's own, and report others'; delete one's own, or as owner or admin of a group anybody's; block
 * its author.
 */
export function MessageMenu({ message, isOwn, log, onEdit }: MessageMenuProps) {
  const { t } = useTranslation();
  const { id } = useUser();
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const role = log.chat?.chat_type === 'group' ? log.chat.members.find((member) => member.user_id === id)?.role : undefined;
  const mayDelete = isOwn || role === 'owner' || role === 'admin';
  /** With the message goes the button: whoever came by keyboard stays among the messages. */
  const thenToList = async (work: () => Promise<boolean>): Promise<void> => {
    const list = button.current?.closest<HTMLElement>('[role=region]');
    if (await work()) list?.focus();
  };
  const remove = async (): Promise<boolean> => {
    if (!(await confirm({ text: t('chat.deleteSure'), action: t('chat.delete') }))) return false;
    try {
      await log.delete(message.seq);
      return true;
    } catch (thrown) {
      showFault(thrown, t);
      return false;
    }
  };
  return (
    <Menu opened={isOpen} onChange={setOpen} position="bottom-end">
      <Menu.Target>
        <ActionIcon
          ref={button}
          className={classes.tools}
          data-open={isOpen || undefined}
          variant="subtle"
          color="gray"
          size="md"
          mb={2}
          aria-label={t('chat.actions')}
        >
          <Ellipsis size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {isOwn && (
          <Menu.Item leftSection={<Pencil size={16} aria-hidden />} onClick={() => onEdit(message)}>
            {t('chat.edit')}
          </Menu.Item>
        )}
        {!isOwn && <AuthorItems message={message} log={log} thenToList={thenToList} />}
        {mayDelete && (
          <Menu.Item
            c="var(--mantine-color-red-light-color)"
            leftSection={<Trash2 size={16} aria-hidden />}
            onClick={() => void thenToList(remove)}
          >
            {t('chat.delete')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

interface AuthorItemsProps {
  readonly message: ShownMessage;
  readonly log: ChatLog;
  readonly thenToList: (work: () => Promise<boolean>) => Promise<void>;
}

function AuthorItems({ message, log, thenToList }: AuthorItemsProps) {
  const { t } = useTranslation('contacts');
  const { block } = useBlocking();
  const { report } = useReporting();
  const { fromId: userId, fromName: name, seq, content } = message;
  return (
    <>
      <Menu.Item
        leftSection={<Flag size={16} aria-hidden />}
        onClick={() => report({ userId, username: name, message: { chatId: log.chatId, seq, content } })}
      >
        {t('report.action')}
      </Menu.Item>
      <Menu.Item
        leftSection={<Ban size={16} aria-hidden />}
        onClick={() => void thenToList(() => block({ user_id: userId }, name))}
      >
        {t('block.name', { name })}
      </Menu.Item>
    </>
  );
}

import { ActionIcon, Avatar, Box, Button, Group, Menu, Text } from '@mantine/core';
import { Ellipsis, Pencil, Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useUser } from '../session/session';
import { confirm } from '../shared/confirm';
import { faultText } from '../shared/faults';
import { showFault } from '../shared/show-fault';
import classes from './chat.module.css';
import type { ChatLog, Pending, ShownMessage } from './chat-log';
import { piecesOf } from './linkify';
import { clockTime } from './times';
import { useRegion } from '../shared/use-region';

interface MessageRowProps {
  readonly message: ShownMessage;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly log: ChatLog;
  readonly onEdit: (message: ShownMessage) => void;
}

export function MessageRow({ message, isFirst, isLast, log, onEdit }: MessageRowProps) {
  const { t } = useTranslation();
  const { id } = useUser();
  const isOwn = message.fromId === id;
  const isGroup = log.chat?.chat_type === 'group';
  const isDeleted = message.kind === 'deleted';
  return (
    <Box
      className={classes.row}
      data-own={isOwn || undefined}
      data-first={isFirst || undefined}
      data-last={isLast || undefined}
      data-seq={message.seq}
    >
      {isGroup && !isOwn && (
        <Box className={classes.face}>
          {isLast && <Avatar name={message.fromName} color="initials" size={32} alt="" aria-hidden />}
        </Box>
      )}
      <Box className={classes.bubble}>
        {isGroup && !isOwn && isFirst && (
          <Text size="sm" fw={650}>
            {message.fromName}
          </Text>
        )}
        {isDeleted ? (
          <Text size="sm" fs="italic" c="dimmed">
            {t('chat.deleted')}
          </Text>
        ) : (
          <Content message={message} />
        )}
        <Meta message={message} isSeen={isOwn && log.readByOthers >= message.seq} />
      </Box>
      {!isDeleted && <Tools message={message} isOwn={isOwn} log={log} onEdit={onEdit} />}
    </Box>
  );
}

function Meta({ message, isSeen }: { readonly message: ShownMessage; readonly isSeen: boolean }) {
  const { t } = useTranslation();
  const region = useRegion();
  return (
    <span className={classes.meta}>
      {message.editedSeq > 0 && message.kind === 'message' && <span>{t('chat.edited')}</span>}
      {isSeen && <span>{t('chat.seen')}</span>}
      <time dateTime={message.at}>{clockTime(new Date(message.at), region)}</time>
    </span>
  );
}

const isText = (type: string): boolean => type === 'text' || type.startsWith('text/plain');

function Content({ message }: { readonly message: ShownMessage }) {
  const { t } = useTranslation();
  return (
    <>
      {!isText(message.contentType) && (
        <Text size="xs" c="dimmed">
          {t('chat.otherType', { type: message.contentType })}
        </Text>
      )}
      <Message text={message.content} />
    </>
  );
}

function Message({ text }: { readonly text: string }) {
  return (
    <p className={classes.text} dir="auto">
      {piecesOf(text).map(({ text: piece, href }, index) =>
        href === null ? (
          piece
        ) : (
          // The pieces of a text change only with the text.
          <a key={`${index}-${href}`} href={href} target="_blank" rel="noopener noreferrer nofollow">
            {piece}
          </a>
        ),
      )}
    </p>
  );
}

interface ToolsProps {
  readonly message: ShownMessage;
  readonly isOwn: boolean;
  readonly log: ChatLog;
  readonly onEdit: (message: ShownMessage) => void;
}

/** What one may do with a message: edit one's own; delete one's own, or as owner or admin of a group anybody's. */
function Tools({ message, isOwn, log, onEdit }: ToolsProps) {
  const { t } = useTranslation();
  const { id } = useUser();
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const role = log.chat?.chat_type === 'group' ? log.chat.members.find((member) => member.user_id === id)?.role : undefined;
  const mayDelete = isOwn || role === 'owner' || role === 'admin';
  if (!mayDelete) return null;
  const remove = async (): Promise<void> => {
    if (!(await confirm({ text: t('chat.deleteSure'), action: t('chat.delete') }))) return;
    // With the message goes the button: whoever came by keyboard stays among the messages.
    const list = button.current?.closest<HTMLElement>('[role=region]');
    try {
      await log.delete(message.seq);
      list?.focus();
    } catch (thrown) {
      showFault(thrown, t);
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
        <Menu.Item
          c="var(--mantine-color-red-light-color)"
          leftSection={<Trash2 size={16} aria-hidden />}
          onClick={() => void remove()}
        >
          {t('chat.delete')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

export function PendingRow({ pending, log }: { readonly pending: Pending; readonly log: ChatLog }) {
  const { t } = useTranslation();
  const { clientMsgId, content, fault } = pending;
  return (
    <Box className={classes.row} data-own data-first data-last data-pending>
      <Box className={classes.bubble}>
        <Message text={content} />
        <span className={classes.meta} role="status">
          {fault === null ? t('chat.sending') : t('chat.notSent')}
        </span>
        {fault !== null && (
          <Box role="alert">
            <Text size="xs" c="red">
              {faultText(fault, t)}
            </Text>
            <Group gap="xs">
              <Button size="compact-xs" variant="light" onClick={() => void log.send(content, clientMsgId)}>
                {t('chat.again')}
              </Button>
              <Button size="compact-xs" variant="subtle" color="gray" onClick={() => log.discard(clientMsgId)}>
                {t('chat.discard')}
              </Button>
            </Group>
          </Box>
        )}
      </Box>
    </Box>
  );
}

/** Who came and who went. */
export function NoteRow({ message }: { readonly message: ShownMessage }) {
  const { t } = useTranslation();
  const isSelf = message.memberId === message.fromId;
  const names = { by: message.fromName, who: message.memberName ?? '' };
  const text =
    message.kind === 'joined'
      ? t(isSelf ? 'chat.joinedSelf' : 'chat.joined', names)
      : t(isSelf ? 'chat.left' : 'chat.removed', names);
  return (
    <Box className={classes.divider}>
      <Text size="xs" c="dimmed">
        {text}
      </Text>
    </Box>
  );
}

import { Avatar, Box, Button, Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useUser } from '../session/session';
import { faultText } from '../shared/faults';
import { useRegion } from '../shared/use-region';
import classes from './chat.module.css';
import type { ChatLog, Pending } from './chat-log';
import type { ShownMessage } from './shown-message';
import { piecesOf } from './linkify';
import { MessageMenu } from './message-menu';
import { clockTime } from './times';

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
      {!isDeleted && <MessageMenu message={message} isOwn={isOwn} log={log} onEdit={onEdit} />}
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

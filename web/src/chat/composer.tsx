import { ActionIcon, Box, CloseButton, Group, Text, Textarea } from '@mantine/core';
import { SendHorizontal } from 'lucide-react';
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useUser } from '../session/session';
import { showFault } from '../shared/show-fault';
import classes from './chat.module.css';
import type { ChatLog } from './chat-log';
import type { ShownMessage } from './shown-message';

const MAX_CHARACTERS = 65_536;

/** What each user has begun in each chat and not sent yet: a page may be shared. */
const drafts = new Map<string, string>();

interface ComposerProps {
  readonly log: ChatLog;
  /** The message that is being edited; null for a new one. */
  readonly edited: ShownMessage | null;
  readonly onEdited: (message: ShownMessage | null) => void;
}

/** Keyboards of touch screens have no Shift+Enter. */
const hasTouch = (): boolean => matchMedia('(pointer: coarse)').matches;

/** Enter sends, but with Shift, or on a touch screen, it begins a line; arrow up in an empty field edits one's last message. */
export function Composer({ log, edited, onEdited }: ComposerProps) {
  const { t } = useTranslation();
  const { id } = useUser();
  const draft = `${id} ${log.chatId}`;
  const [text, setText] = useState(drafts.get(draft) ?? '');
  const field = useRef<HTMLTextAreaElement>(null);
  const isTooLong = text.length > MAX_CHARACTERS;

  // At once: what somebody types already would take the place of the message.
  useLayoutEffect(() => {
    if (edited) setText(edited.content);
  }, [edited]);
  useEffect(() => {
    // On a touch screen the keyboard would cover what one has come to read.
    if (edited || !hasTouch()) field.current?.focus();
  }, [edited]);

  const write = (next: string): void => {
    setText(next);
    if (edited) return;
    drafts.set(draft, next);
    if (next.trim()) log.type();
  };

  const end = (): void => {
    onEdited(null);
    setText(drafts.get(draft) ?? '');
  };

  const send = (): void => {
    if (!text.trim() || isTooLong) return;
    if (edited) {
      if (text !== edited.content) log.edit(edited.seq, text).catch((thrown: unknown) => showFault(thrown, t));
      end();
      return;
    }
    void log.send(text);
    drafts.delete(draft);
    setText('');
  };

  const pressed = (event: KeyboardEvent): void => {
    // While an input method is composing a character, Enter is its own.
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey && !hasTouch()) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape' && edited) end();
    else if (event.key === 'ArrowUp' && text === '' && !edited) {
      const last = log.messages().findLast(({ fromId, kind }) => fromId === id && kind === 'message');
      if (!last) return;
      event.preventDefault();
      onEdited(last);
    }
  };

  return (
    <Box className={classes.composer}>
      {edited && (
        <Group justify="space-between" pb={4}>
          <Text size="sm" c="dimmed">
            {t('chat.editing')}
          </Text>
          <CloseButton size="sm" aria-label={t('app.cancel')} onClick={end} />
        </Group>
      )}
      <Group align="end" gap="xs" wrap="nowrap">
        <Textarea
          ref={field}
          style={{ flex: 1 }}
          autosize
          minRows={1}
          maxRows={10}
          size="md"
          radius="lg"
          aria-label={t('chat.write')}
          placeholder={t('chat.write')}
          dir="auto"
          enterKeyHint={hasTouch() ? 'enter' : 'send'}
          value={text}
          error={isTooLong && t('chat.tooLong')}
          onChange={(event) => write(event.currentTarget.value)}
          onKeyDown={pressed}
        />
        <ActionIcon
          size={42}
          radius="xl"
          aria-label={edited ? t('app.save') : t('chat.send')}
          disabled={!text.trim() || isTooLong}
          // The keyboard of a touch screen goes when the field loses the focus.
          onMouseDown={(event) => event.preventDefault()}
          onClick={send}
        >
          <SendHorizontal size={20} aria-hidden />
        </ActionIcon>
      </Group>
    </Box>
  );
}

import { Blockquote, Button, Checkbox, Group, Modal, Radio, Stack, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive } from '../session/session';
import { Form } from '../shared/form';
import { tell } from '../shared/tell';
import { useAction } from '../shared/use-action';
import { REASONS, type Reason, type ReportTarget } from './report';
import { useBlocks } from './use-blocks';

const MAX_COMMENT = 1_000;

interface ReportDialogProps {
  /** What is reported; null while nothing is. */
  readonly target: ReportTarget | null;
  readonly onClose: () => void;
  /** Called when nothing of it is to be seen any more. */
  readonly onClosed: () => void;
}

export function ReportDialog({ target, onClose, onClosed }: ReportDialogProps) {
  const { t } = useTranslation('contacts');
  const { t: general } = useTranslation();
  // While it closes it still shows what it was about.
  const [shown, setShown] = useState(target);
  if (target !== null && target !== shown) setShown(target);
  return (
    <Modal
      opened={target !== null}
      onClose={onClose}
      onExitTransitionEnd={onClosed}
      title={shown && t(shown.message ? 'report.message' : 'report.user', { name: shown.username })}
      centered
      closeButtonProps={{ 'aria-label': general('app.close') }}
    >
      {shown && <ReportForm target={shown} onDone={onClose} />}
    </Modal>
  );
}

function ReportForm({ target, onDone }: { readonly target: ReportTarget; readonly onDone: () => void }) {
  const { t } = useTranslation('contacts');
  const { t: general } = useTranslation();
  const live = useLive();
  const blocks = useBlocks();
  const [reason, setReason] = useState<Reason | null>(null);
  const [comment, setComment] = useState('');
  const [alsoBlock, setAlsoBlock] = useState(false);
  const { userId, username: name, message } = target;
  const { run, isBusy, fault, fields } = useAction(async () => {
    if (reason === null) return;
    const about = message ? { chat_id: message.chatId, seq: message.seq } : { user_id: userId };
    await live.command('moderation.report', { ...about, reason, ...(comment.trim() ? { comment: comment.trim() } : {}) });
    if (alsoBlock) await blocks.block({ user_id: userId });
    tell(t('report.done'), general);
    onDone();
  });
  return (
    <Form fault={fault} onSubmit={() => void run()}>
      <Text size="sm" c="dimmed">
        {t(message ? 'report.messageText' : 'report.userText', { name })}
      </Text>
      {message && (
        <Blockquote p="sm" m={0} aria-label={t('report.said', { name })}>
          <Text size="sm" fw={600}>
            {name}
          </Text>
          <Text size="sm" lineClamp={4} dir="auto" style={{ overflowWrap: 'anywhere' }}>
            {message.content}
          </Text>
        </Blockquote>
      )}
      <Radio.Group label={t('report.reason')} value={reason} onChange={(value) => setReason(value)} error={fields.reason}>
        <Stack gap="xs" mt="xs">
          {REASONS.map((one) => (
            <Radio key={one} value={one} label={t(`reasons.${one}`)} />
          ))}
        </Stack>
      </Radio.Group>
      <Textarea
        label={t('report.comment')}
        placeholder={t('report.commentHint')}
        autosize
        minRows={2}
        maxRows={6}
        maxLength={MAX_COMMENT}
        dir="auto"
        value={comment}
        error={fields.comment}
        onChange={(event) => setComment(event.currentTarget.value)}
      />
      {!blocks.has(userId) && (
        <Checkbox
          label={t('report.alsoBlock', { name })}
          checked={alsoBlock}
          onChange={(event) => setAlsoBlock(event.currentTarget.checked)}
        />
      )}
      <Group justify="end">
        <Button variant="default" onClick={onDone}>
          {general('app.cancel')}
        </Button>
        <Button type="submit" color="red" loading={isBusy} disabled={reason === null}>
          {t('report.send')}
        </Button>
      </Group>
    </Form>
  );
}

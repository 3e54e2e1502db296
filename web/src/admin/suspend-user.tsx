import { Button, Group, Modal, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../../clients/typescript/src/index.js';
import { Form } from '../shared/form';
import { tell } from '../shared/tell';
import { useAction } from '../shared/use-action';
import { MAX_NOTE, suspendUser, type User } from './api';
import { endOf, isSaid, type SuspensionEnd } from './suspension-end';
import { SuspensionFields } from './suspension-fields';

interface SuspendUserProps {
  readonly user: User;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onChange: (user: User) => void;
}

/** A dialog that keeps somebody out for a time. */
export function SuspendUser({ user, isOpen, onClose, onChange }: SuspendUserProps) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  return (
    <Modal
      className="admin-break"
      opened={isOpen}
      onClose={onClose}
      title={t('suspension.dialog', { name: user.username })}
      closeButtonProps={{ 'aria-label': general('app.close') }}
    >
      <SuspendForm user={user} onClose={onClose} onChange={onChange} />
    </Modal>
  );
}

function SuspendForm({ user, onClose, onChange }: Omit<SuspendUserProps, 'isOpen'>) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const [end, setEnd] = useState<SuspensionEnd>({ span: 'week', localTime: '' });
  const [reason, setReason] = useState('');
  const { run, isBusy, fault, fields } = useAction(
    async () => {
      const until = endOf(end, Date.now());
      if (until === null) return;
      onChange(await suspendUser(user.id, { until, reason: reason.trim() }));
      tell(t('suspension.done', { name: user.username }), general);
      onClose();
    },
    (error) => (error instanceof ApiError && error.status === 403 ? t('suspension.refused') : undefined),
  );
  return (
    <Form fault={fault} onSubmit={() => void run()} autoComplete="off">
      <Text size="sm">{t('suspension.dialogText', { name: user.username })}</Text>
      <SuspensionFields end={end} onChange={setEnd} fault={fields.until} />
      <Textarea
        label={t('suspension.reason')}
        description={t('suspension.reasonHint')}
        autosize
        minRows={2}
        maxLength={MAX_NOTE}
        dir="auto"
        value={reason}
        error={fields.reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Group justify="end">
        <Button variant="default" onClick={onClose}>
          {general('app.cancel')}
        </Button>
        <Button type="submit" color="red" loading={isBusy} disabled={!isSaid(end) || !reason.trim()}>
          {t('suspension.submit')}
        </Button>
      </Group>
    </Form>
  );
}

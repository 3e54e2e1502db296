import { Button, Group, Modal, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../../clients/typescript/src/index.js';
import { Form } from '../shared/form';
import { tell } from '../shared/tell';
import { useAction } from '../shared/use-action';
import { type Action, MAX_NOTE, type Report, resolveReport } from './api';
import { endOf, isSaid, type SuspensionEnd } from './suspension-end';
import { SuspensionFields } from './suspension-fields';

interface ResolveReportProps {
  readonly report: Report;
  /** What is to be done; null while nothing is. */
  readonly action: Action | null;
  readonly onClose: () => void;
  /** With the report as it is now; without where somebody else has changed it. */
  readonly onChange: (report?: Report) => void;
}

/** Asks for what a decision needs, and makes it. */
export function ResolveReport({ report, action, onClose, onChange }: ResolveReportProps) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  // While it closes it still shows what it was about.
  const [shown, setShown] = useState(action);
  if (action !== null && action !== shown) setShown(action);
  const title = shown && (shown === 'suspend' ? t('suspension.dialog', { name: report.username }) : t(`resolve.${shown}`));
  return (
    <Modal
      className="admin-break"
      opened={action !== null}
      onClose={onClose}
      title={title}
      closeButtonProps={{ 'aria-label': general('app.close') }}
    >
      {shown && <ResolveForm key={shown} report={report} action={shown} onClose={onClose} onChange={onChange} />}
    </Modal>
  );
}

type ResolveFormProps = Omit<ResolveReportProps, 'action'> & { readonly action: Action };

function ResolveForm({ report, action, onClose, onChange }: ResolveFormProps) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const [reason, setReason] = useState('');
  const [end, setEnd] = useState<SuspensionEnd>({ span: 'week', localTime: '' });
  const isSuspension = action === 'suspend';
  const isReady = !isSuspension || (isSaid(end) && reason.trim() !== '');
  const { run, isBusy, fault, fields } = useAction(
    async () => {
      const until = isSuspension ? { until: endOf(end, Date.now()) } : {};
      const resolved = await resolveReport(report.report_id, { action, reason: reason.trim() || null, ...until }).catch(
        (thrown: unknown) => {
          if (isConflict(thrown)) onChange();
          throw thrown;
        },
      );
      tell(t(`resolve.done_${action}`, { name: report.username }), general);
      onClose();
      onChange(resolved);
    },
    (error) => {
      if (isConflict(error)) return t('resolve.conflict');
      return error instanceof ApiError && error.status === 403 ? t('suspension.refused') : undefined;
    },
  );
  return (
    <Form fault={fault} onSubmit={() => void run()} autoComplete="off">
      <Text size="sm">{t(`resolve.text_${action}`, { name: report.username })}</Text>
      {isSuspension && <SuspensionFields end={end} onChange={setEnd} fault={fields.until} />}
      <Textarea
        label={t(isSuspension ? 'suspension.reason' : 'resolve.reason')}
        description={isSuspension ? t('suspension.reasonHint') : t('resolve.reasonHint')}
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
        <Button type="submit" color={action === 'dismiss' ? undefined : 'red'} loading={isBusy} disabled={!isReady}>
          {t(`resolve.do_${action}`)}
        </Button>
      </Group>
    </Form>
  );
}

/** The report was closed meanwhile, or the account is gone. */
const isConflict = (error: unknown): boolean => error instanceof ApiError && error.status === 409;

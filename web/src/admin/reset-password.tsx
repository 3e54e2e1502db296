import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { mutate } from 'swr';
import { useAction } from '../shared/use-action';
import { resetPassword, type User } from './api';
import { SERVER } from '../session/base';

interface ResetPasswordProps {
  readonly user: User;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Makes a link with which a new password is set, and shows it once. */
export function ResetPassword({ user, isOpen, onClose }: ResetPasswordProps) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  return (
    <Modal
      className="admin-break"
      opened={isOpen}
      onClose={onClose}
      size="lg"
      title={t('reset.title', { name: user.username })}
      // A click beside the dialog must not lose what is shown only once.
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': general('app.close') }}
    >
      <Reset user={user} onClose={onClose} />
    </Modal>
  );
}

interface Made {
  readonly url: string;
  readonly minutes: number;
}

function Reset({ user, onClose }: Omit<ResetPasswordProps, 'isOpen'>) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const [made, setMade] = useState<Made | null>(null);
  const { run, isBusy, fault } = useAction(async () => {
    const { token, expires_in: seconds } = await resetPassword(user.id);
    setMade({
      url: `${SERVER}/recover?token=${encodeURIComponent(token)}`,
      minutes: Math.max(1, Math.floor(seconds / 60)),
    });
    void mutate(['user-sessions', user.id]);
    void mutate(['user-history', user.id]);
  });
  if (made) return <MadeLink name={user.username} made={made} onClose={onClose} />;
  return (
    <Stack>
      <Text size="sm">{t('reset.text', { name: user.username })}</Text>
      {fault && (
        <Alert color="red" role="alert">
          {fault}
        </Alert>
      )}
      <Group justify="end">
        <Button variant="default" onClick={onClose} data-autofocus>
          {general('app.cancel')}
        </Button>
        <Button loading={isBusy} onClick={() => void run()}>
          {t('reset.make')}
        </Button>
      </Group>
    </Stack>
  );
}

function MadeLink({ name, made, onClose }: { readonly name: string; readonly made: Made; readonly onClose: () => void }) {
  const { t } = useTranslation('admin');
  // Not every page may copy: without TLS browsers refuse it.
  const { copy, copied, error } = useClipboard({ timeout: 60_000 });
  return (
    <Stack>
      <TextInput
        label={t('reset.link', { name })}
        description={`${t('reset.once')} ${t('reset.goodFor', { count: made.minutes })}`}
        readOnly
        value={made.url}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        ref={(input) => {
          input?.focus();
        }}
        onFocus={(event) => event.currentTarget.select()}
      />
      <Text size="sm" role="status" mih="1.3rem" c={error ? 'red' : undefined}>
        {error && t('common.copyFailed')}
      </Text>
      <Group justify="end">
        <Button
          variant="light"
          leftSection={copied ? <Check size={18} aria-hidden /> : <Copy size={18} aria-hidden />}
          onClick={() => copy(made.url)}
        >
          {t(copied ? 'reset.copied' : 'reset.copy')}
        </Button>
        <Button onClick={onClose}>{t('reset.done')}</Button>
      </Group>
    </Stack>
  );
}

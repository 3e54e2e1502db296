import { Alert, Anchor, Button, Text, TextInput } from '@mantine/core';
import { MailCheck } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { switchboard } from '../session/switchboard';
import { answered } from '../shared/faults';
import { useAction } from '../shared/use-action';
import { AuthCard } from './card';

export function RecoverPage() {
  const { t } = useTranslation();
  const [email, setEmail] = useState('');
  const [isSent, setSent] = useState(false);
  const { run, isBusy, fault, fields } = useAction(async () => {
    await answered(switchboard.rest.POST('/api/v1/auth/recover', { body: { email: email.trim() } }));
    setSent(true);
  });
  return (
    <AuthCard
      title={t('auth.recover')}
      fault={fault}
      onSubmit={() => void run()}
      below={
        <Anchor component={Link} href="/" size="sm">
          {t('auth.signIn')}
        </Anchor>
      }
    >
      {isSent ? (
        <Alert color="teal" role="status" icon={<MailCheck size={18} aria-hidden />}>
          {t('auth.recoverSent')}
        </Alert>
      ) : (
        <>
          <Text size="sm" c="dimmed">
            {t('auth.recoverText')}
          </Text>
          <TextInput
            label={t('auth.email')}
            type="email"
            name="email"
            autoComplete="email"
            autoFocus
            required
            withAsterisk={false}
            value={email}
            error={fields.email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <Button type="submit" loading={isBusy} disabled={!email.trim()} fullWidth>
            {t('auth.recoverSend')}
          </Button>
        </>
      )}
    </AuthCard>
  );
}

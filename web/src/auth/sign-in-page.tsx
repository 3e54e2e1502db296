import { Alert, Anchor, Button, PasswordInput, Text, TextInput } from '@mantine/core';
import { LockOpen } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { ApiError } from '../../../clients/typescript/src/index.js';
import { useSession } from '../session/session';
import { switchboard } from '../session/switchboard';
import { useAction } from '../shared/use-action';
import { AuthCard } from './card';

export function SignInPage() {
  const { t } = useTranslation();
  const { wasEnded } = useSession();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const { run, isBusy, fault, fields } = useAction(
    () => switchboard.logIn(username.trim(), password),
    (error) => (error instanceof ApiError && (error.status === 401 || error.status === 400) ? t('auth.wrong') : undefined),
  );
  return (
    <AuthCard
      title={t('auth.signIn')}
      fault={fault ?? (wasEnded ? t('auth.ended') : null)}
      onSubmit={() => void run()}
      below={
        <Text size="sm">
          {t('auth.newHere')}{' '}
          <Anchor component={Link} href="/sign-up" underline="always">
            {t('auth.signUp')}
          </Anchor>
        </Text>
      }
    >
      {!globalThis.isSecureContext && (
        <Alert color="yellow" icon={<LockOpen size={18} aria-hidden />}>
          {t('auth.plainHttp')}
        </Alert>
      )}
      <TextInput
        label={t('auth.login')}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        autoFocus
        required
        withAsterisk={false}
        value={username}
        error={fields.username}
        onChange={(event) => setUsername(event.currentTarget.value)}
      />
      <PasswordInput
        label={t('auth.password')}
        name="password"
        autoComplete="current-password"
        required
        withAsterisk={false}
        value={password}
        error={fields.password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Button type="submit" loading={isBusy} disabled={!username.trim() || !password} fullWidth>
        {t('auth.signIn')}
      </Button>
      <Anchor component={Link} href="/recover" size="sm" ta="center">
        {t('auth.forgot')}
      </Anchor>
    </AuthCard>
  );
}

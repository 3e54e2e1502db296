import { Anchor, Button, PasswordInput, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { ApiError } from '../../../clients/typescript/src/index.js';
import { switchboard } from '../session/switchboard';
import { fieldsOf, isTaken } from '../shared/form';
import { useAction } from '../shared/use-action';
import { AuthCard } from './card';

const isClosed = (error: unknown): boolean => error instanceof ApiError && error.status === 403;

export function SignUpPage() {
  const { t } = useTranslation();
  const [form, setForm] = useState({ username: '', email: '', full_name: '', password: '' });
  const { run, isBusy, fault, fields } = useAction(
    () => switchboard.register({ ...form, full_name: form.full_name.trim() || undefined }),
    (error) => (isTaken(error) ? t('auth.taken') : isClosed(error) ? t('auth.closed') : undefined),
  );
  const field = fieldsOf(form, fields, (name, value) => setForm((before) => ({ ...before, [name]: value })));
  return (
    <AuthCard
      title={t('auth.signUp')}
      fault={fault}
      onSubmit={() => void run()}
      below={
        <Text size="sm">
          {t('auth.hasAccount')}{' '}
          <Anchor component={Link} href="/" underline="always">
            {t('auth.signIn')}
          </Anchor>
        </Text>
      }
    >
      <TextInput
        label={t('auth.username')}
        description={t('auth.usernameHint')}
        autoComplete="username"
        autoCapitalize="none"
        autoFocus
        required
        withAsterisk={false}
        {...field('username')}
      />
      <TextInput
        label={t('auth.email')}
        description={t('auth.emailHint')}
        type="email"
        autoComplete="email"
        required
        withAsterisk={false}
        {...field('email')}
      />
      <TextInput label={t('auth.fullName')} autoComplete="name" {...field('full_name')} />
      <PasswordInput
        label={t('auth.password')}
        description={t('auth.passwordHint')}
        autoComplete="new-password"
        required
        withAsterisk={false}
        {...field('password')}
      />
      <Button type="submit" loading={isBusy} disabled={!form.username || !form.email || !form.password} fullWidth>
        {t('auth.signUp')}
      </Button>
    </AuthCard>
  );
}

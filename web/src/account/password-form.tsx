import { Button, PasswordInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { mutate } from 'swr';
import { useUser } from '../session/session';
import { switchboard } from '../session/switchboard';
import { answered } from '../shared/faults';
import { Form } from '../shared/form';
import { Section } from '../shared/section';
import { tell } from '../shared/tell';
import { useAction } from '../shared/use-action';
import { sessionsKey } from './session-list';

export function PasswordForm() {
  const { t } = useTranslation();
  const { id, username } = useUser();
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const isDifferent = again !== '' && password !== again;
  const { run, isBusy, fault, fields } = useAction(async () => {
    await answered(switchboard.rest.PUT('/api/v1/users/{user_id}', { params: { path: { user_id: id } }, body: { password } }));
    setPassword('');
    setAgain('');
    void mutate(sessionsKey(id));
    tell(t('account.passwordChanged'), t);
  });
  return (
    <Section title={t('account.password')} note={t('account.passwordNote')}>
      <Form fault={fault} onSubmit={() => void run()}>
        {/* For password managers: whose password it is. */}
        <input type="hidden" name="username" autoComplete="username" value={username} readOnly />

        <PasswordInput
          label={t('account.newPassword')}
          description={t('auth.passwordHint')}
          autoComplete="new-password"
          value={password}
          error={fields.password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <PasswordInput
          label={t('account.repeat')}
          autoComplete="new-password"
          value={again}
          error={isDifferent && t('account.different')}
          onChange={(event) => setAgain(event.currentTarget.value)}
        />
        <Button type="submit" loading={isBusy} disabled={!password || password !== again} style={{ alignSelf: 'start' }}>
          {t('account.changePassword')}
        </Button>
      </Form>
    </Section>
  );
}

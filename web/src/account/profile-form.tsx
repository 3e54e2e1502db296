import { Badge, Button, Group, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useUser } from '../session/session';
import { switchboard } from '../session/switchboard';
import { answered } from '../shared/faults';
import { fieldsOf, Form, isTaken } from '../shared/form';
import { Section } from '../shared/section';
import { tell } from '../shared/tell';
import { dateText } from '../shared/time';
import { useAction } from '../shared/use-action';
import { useRegion } from '../shared/use-region';

export function ProfileForm() {
  const { t } = useTranslation();
  const region = useRegion();
  const user = useUser();
  const [form, setForm] = useState({ username: user.username, email: user.email ?? '', full_name: user.full_name ?? '' });
  const { run, isBusy, fault, fields } = useAction(
    async () => {
      const body = {
        ...(form.username === user.username ? {} : { username: form.username }),
        ...(form.email === (user.email ?? '') ? {} : { email: form.email }),
        full_name: form.full_name.trim() || null,
      };
      await answered(switchboard.rest.PUT('/api/v1/users/{user_id}', { params: { path: { user_id: user.id } }, body }));
      // The live connection hears of the change, and so does the whole page.
      tell(t('account.profileSaved'), t);
    },
    (error) => (isTaken(error) ? t('auth.taken') : undefined),
  );
  const field = fieldsOf(form, fields, (name, value) => setForm((before) => ({ ...before, [name]: value })));
  return (
    <Section title={t('account.profile')}>
      <Form fault={fault} onSubmit={() => void run()}>
        <TextInput label={t('auth.username')} autoComplete="username" {...field('username')} />
        <TextInput label={t('auth.email')} type="email" autoComplete="email" {...field('email')} />
        <TextInput label={t('auth.fullName')} autoComplete="name" {...field('full_name')} />
        <Group justify="space-between">
          <Button type="submit" loading={isBusy}>
            {t('app.save')}
          </Button>
          {user.is_superuser && (
            <Badge variant="light" tt="none">
              {t('account.superuser')}
            </Badge>
          )}
        </Group>
        <Text size="sm" c="dimmed">
          {t('account.member', { date: dateText(new Date(user.created_at), region) })}
        </Text>
      </Form>
    </Section>
  );
}

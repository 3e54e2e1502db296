import { Button, Group, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldsOf, Form, isTaken } from '../shared/form';
import { Section } from '../shared/section';
import { useAction } from '../shared/use-action';
import { changeUser, type User, type UserChanges } from './api';
import { tell } from '../shared/tell';

interface UserProfileProps {
  readonly user: User;
  readonly onChange: (user: User) => void;
}

/** What an account is called, and where its mail goes. */
export function UserProfile({ user, onChange }: UserProfileProps) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const before = { username: user.username, email: user.email ?? '', full_name: user.full_name ?? '' };
  // Only what was touched: the rest follows the account, which others may change meanwhile.
  const [edits, setEdits] = useState<Partial<typeof before>>({});
  const form = { ...before, ...edits };
  const changes = changesOf(before, form);
  const { run, isBusy, fault, fields } = useAction(
    async () => {
      onChange(await changeUser(user.id, changes));
      setEdits({});
      tell(t('user.saved'), general);
    },
    (error) => (isTaken(error) ? t('user.taken') : undefined),
  );
  const field = fieldsOf(form, fields, (name, value) => setEdits((others) => ({ ...others, [name]: value })));
  return (
    <Section title={t('user.profile')}>
      <Form fault={fault} onSubmit={() => void run()} autoComplete="off">
        <TextInput label={t('create.username')} autoComplete="off" autoCapitalize="none" {...field('username')} />
        <TextInput label={t('create.email')} type="email" autoComplete="off" {...field('email')} />
        <TextInput label={t('create.fullName')} autoComplete="off" {...field('full_name')} />
        <Group justify="end">
          <Button type="submit" loading={isBusy} disabled={Object.keys(changes).length === 0}>
            {t('user.save')}
          </Button>
        </Group>
      </Form>
    </Section>
  );
}

type Profile = Readonly<Record<'username' | 'email' | 'full_name', string>>;

function changesOf(before: Profile, after: Profile): UserChanges {
  return {
    ...(after.username.trim() === before.username ? {} : { username: after.username.trim() }),
    ...(after.email.trim() === before.email ? {} : { email: after.email.trim() }),
    ...(after.full_name.trim() === before.full_name ? {} : { full_name: after.full_name.trim() || null }),
  };
}

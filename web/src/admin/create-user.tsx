import { Button, Group, Modal, PasswordInput, Switch, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldsOf, Form, isTaken } from '../shared/form';
import { useAction } from '../shared/use-action';
import { createUser } from './api';
import { newPassword } from './new-password';
import { goTo } from './use-address';
import { tell } from '../shared/tell';

interface CreateUserProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** A dialog that makes an account, and then shows it. */
export function CreateUser({ isOpen, onClose }: CreateUserProps) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  return (
    <Modal
      className="admin-break"
      opened={isOpen}
      onClose={onClose}
      title={t('create.title')}
      closeButtonProps={{ 'aria-label': general('app.close') }}
    >
      <CreateForm onClose={onClose} />
    </Modal>
  );
}

const BLANK = { username: '', email: '', full_name: '', password: '', is_superuser: false };

function CreateForm({ onClose }: Pick<CreateUserProps, 'onClose'>) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const [form, setForm] = useState(BLANK);
  const [isShown, setShown] = useState(false);
  const { run, isBusy, fault, fields } = useAction(
    async () => {
      const full_name = form.full_name.trim() || null;
      const user = await createUser({ ...form, username: form.username.trim(), email: form.email.trim(), full_name });
      tell(t('create.done', { name: user.username }), general);
      onClose();
      goTo(`/admin/users/${user.id}`);
    },
    (error) => (isTaken(error) ? t('create.taken') : undefined),
  );
  const { is_superuser: _, ...texts } = form;
  const field = fieldsOf(texts, fields, (name, value) => setForm((before) => ({ ...before, [name]: value })));
  return (
    <Form fault={fault} onSubmit={() => void run()} autoComplete="off">
      <TextInput
        label={t('create.username')}
        description={t('create.usernameHint')}
        autoComplete="off"
        autoCapitalize="none"
        data-autofocus
        required
        withAsterisk={false}
        {...field('username')}
      />
      <TextInput label={t('create.email')} type="email" autoComplete="off" required withAsterisk={false} {...field('email')} />
      <TextInput label={t('create.fullName')} autoComplete="off" {...field('full_name')} />
      <Group align="end" gap="xs">
        <PasswordInput
          flex="1 1 220px"
          label={t('create.password')}
          description={t('create.passwordHint')}
          autoComplete="new-password"
          required
          withAsterisk={false}
          visible={isShown}
          onVisibilityChange={setShown}
          {...field('password')}
        />
        <Button
          variant="default"
          onClick={() => {
            setForm((before) => ({ ...before, password: newPassword() }));
            setShown(true);
          }}
        >
          {t('create.makeUp')}
        </Button>
      </Group>
      <Switch
        label={t('create.superuser')}
        description={t('user.superuserText')}
        checked={form.is_superuser}
        onChange={({ currentTarget: { checked } }) => setForm((before) => ({ ...before, is_superuser: checked }))}
      />
      <Group justify="end">
        <Button variant="default" onClick={onClose}>
          {general('app.cancel')}
        </Button>
        <Button type="submit" loading={isBusy} disabled={!form.username.trim() || !form.email.trim() || !form.password}>
          {t('create.submit')}
        </Button>
      </Group>
    </Form>
  );
}

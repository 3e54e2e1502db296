import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../../clients/typescript/src/index.js';
import { useAction } from '../shared/use-action';
import { deleteUser, type User } from './api';
import { goTo } from './use-address';
import { tell } from '../shared/tell';

interface DeleteUserProps {
  readonly user: User;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Asks for the name before it deletes an account. */
export function DeleteUser({ user, isOpen, onClose }: DeleteUserProps) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  return (
    <Modal
      className="admin-break"
      opened={isOpen}
      onClose={onClose}
      title={t('delete.title', { name: user.username })}
      closeButtonProps={{ 'aria-label': general('app.close') }}
    >
      <DeleteForm user={user} onClose={onClose} />
    </Modal>
  );
}

function DeleteForm({ user, onClose }: Omit<DeleteUserProps, 'isOpen'>) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const [typed, setTyped] = useState('');
  const name = user.username;
  const isSure = typed.trim().normalize('NFKC') === name;
  const { run, isBusy, fault } = useAction(
    async () => {
      await deleteUser(user.id);
      tell(t('delete.done', { name }), general);
      goTo('/admin/users', 'replace');
    },
    (error) => (error instanceof ApiError && error.status === 403 ? t('user.lastSuperuser') : undefined),
  );
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (isSure) void run();
  };
  return (
    <form onSubmit={submit} autoComplete="off">
      <Stack>
        <Text size="sm">{t('delete.text')}</Text>
        {fault && (
          <Alert color="red" role="alert">
            {fault}
          </Alert>
        )}
        <TextInput
          label={t('delete.type', { name })}
          autoComplete="off"
          autoCapitalize="none"
          data-autofocus
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Group justify="end">
          <Button variant="default" onClick={onClose}>
            {general('app.cancel')}
          </Button>
          <Button type="submit" color="red" loading={isBusy} disabled={!isSure}>
            {t('delete.submit')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

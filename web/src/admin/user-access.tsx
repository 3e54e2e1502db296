import { Alert, Box, Button, Group, Stack, Switch, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../../clients/typescript/src/index.js';
import { confirm } from '../shared/confirm';
import { Section } from '../shared/section';
import { useAction } from '../shared/use-action';
import { tell } from '../shared/tell';
import { changeUser, type User, type UserChanges } from './api';
import { Deed } from './deed';
import { DeleteUser } from './delete-user';
import { ResetPassword } from './reset-password';
import { UserSuspension } from './user-suspension';

interface UserAccessProps {
  readonly user: User;
  readonly isOneself: boolean;
  readonly onChange: (user: User) => void;
}

/** What an account may do, and whether it may do anything at all. */
export function UserAccess({ user, isOneself, onChange }: UserAccessProps) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const [isResetting, reset] = useDisclosure(false);
  const [isDeleting, remove] = useDisclosure(false);
  const { run, isBusy, fault } = useAction(
    async (changes: UserChanges, message: string) => {
      onChange(await changeUser(user.id, changes));
      tell(message, general);
    },
    // The only rule that a superuser can run into here.
    (error) => (error instanceof ApiError && error.status === 403 ? t('user.lastSuperuser') : undefined),
  );
  const name = user.username;
  // Nobody can give them back to oneself.
  const isSure = async (isOn: boolean, action: string): Promise<boolean> =>
    !isOneself || isOn || confirm({ text: t('user.oneselfSure'), action });
  const promote = async (is_superuser: boolean) => {
    if (!(await isSure(is_superuser, t('user.demoteOneself')))) return;
    await run({ is_superuser }, t(is_superuser ? 'user.promoted' : 'user.demoted', { name }));
  };
  const activate = async (is_active: boolean) => {
    if (!(await isSure(is_active, t('user.deactivateOneself')))) return;
    await run({ is_active }, t(is_active ? 'user.activated' : 'user.deactivated', { name }));
  };
  return (
    <Section title={t('user.access')} note={isOneself ? t('user.oneself') : undefined}>
      {fault && (
        <Alert color="red" role="alert">
          {fault}
        </Alert>
      )}
      <Stack gap="lg">
        <Choice
          title={t('user.superuser')}
          text={t('user.superuserText')}
          isOn={user.is_superuser}
          isBusy={isBusy}
          onChange={(isOn) => void promote(isOn)}
        />
        <Choice
          title={t('user.active')}
          text={t('user.activeText')}
          isOn={user.is_active}
          isBusy={isBusy}
          onChange={(isOn) => void activate(isOn)}
        />
        {!isOneself && <UserSuspension user={user} onChange={onChange} />}
        <Deed title={t('user.password')} text={t('user.passwordText')}>
          <Button variant="default" onClick={reset.open}>
            {t('user.reset')}
          </Button>
        </Deed>
        <Deed title={t('user.delete')} text={t('user.deleteText')}>
          <Button variant="light" color="red" onClick={remove.open}>
            {t('user.deleteButton')}
          </Button>
        </Deed>
      </Stack>
      <ResetPassword user={user} isOpen={isResetting} onClose={reset.close} />
      <DeleteUser user={user} isOpen={isDeleting} onClose={remove.close} />
    </Section>
  );
}

interface ChoiceProps {
  readonly title: string;
  readonly text: string;
  readonly isOn: boolean;
  readonly isBusy: boolean;
  readonly onChange: (isOn: boolean) => void;
}

function Choice({ title, text, isOn, isBusy, onChange }: ChoiceProps) {
  const id = useId();
  return (
    <Group justify="space-between" align="start" wrap="nowrap">
      <Box>
        <Text fw={550}>{title}</Text>
        <Text size="sm" c="dimmed" id={id}>
          {text}
        </Text>
      </Box>
      <Switch
        aria-label={title}
        aria-describedby={id}
        checked={isOn}
        disabled={isBusy}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    </Group>
  );
}

import { Alert, Button, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import { tell } from '../shared/tell';
import { useAction } from '../shared/use-action';
import { useRegion } from '../shared/use-region';
import { endSuspension, type User } from './api';
import { Deed } from './deed';
import { SuspendUser } from './suspend-user';

interface UserSuspensionProps {
  readonly user: User;
  readonly onChange: (user: User) => void;
}

/** Keeps an account out for a time, or lets it in again. */
export function UserSuspension({ user, onChange }: UserSuspensionProps) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const region = useRegion();
  const [isOpen, { open, close }] = useDisclosure(false);
  const { run, isBusy, fault } = useAction(async () => {
    onChange(await endSuspension(user.id));
    tell(t('suspension.ended', { name: user.username }), general);
  });
  const { suspended_until: until, suspension_reason: reason } = user;
  const date = new Intl.DateTimeFormat(region, { dateStyle: 'long', timeStyle: 'short' });
  return (
    <Deed title={t('suspension.title')} text={t('suspension.text')}>
      {fault && (
        <Alert color="red" role="alert">
          {fault}
        </Alert>
      )}
      {until === undefined ? (
        <Button variant="light" color="red" onClick={open}>
          {t('suspension.button')}
        </Button>
      ) : (
        <>
          <Text size="sm" className="admin-break">
            {t('suspension.now', { date: date.format(new Date(until)) })} {reason && t('suspension.because', { reason })}
          </Text>
          <Button variant="default" loading={isBusy} onClick={() => void run()}>
            {t('suspension.end')}
          </Button>
        </>
      )}
      <SuspendUser user={user} isOpen={isOpen} onClose={close} onChange={onChange} />
    </Deed>
  );
}

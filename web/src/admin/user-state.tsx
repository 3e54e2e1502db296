import { Badge, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { User } from './api';

interface UserStateProps {
  readonly user: Pick<User, 'is_active' | 'is_superuser' | 'suspended_until'>;
  readonly isOneself?: boolean;
}

/** What is out of the ordinary about an account. */
export function UserState({ user, isOneself = false }: UserStateProps) {
  const { t } = useTranslation('admin');
  const isSuspended = user.suspended_until !== undefined;
  if (user.is_active && !user.is_superuser && !isOneself && !isSuspended) return null;
  return (
    <Group gap={6} component="span" display="inline-flex">
      {isOneself && (
        <Badge variant="default" tt="none">
          {t('users.you')}
        </Badge>
      )}
      {user.is_superuser && (
        <Badge variant="light" tt="none">
          {t('users.superuser')}
        </Badge>
      )}
      {isSuspended && (
        <Badge variant="light" color="orange" tt="none">
          {t('users.suspended')}
        </Badge>
      )}
      {!user.is_active && (
        <Badge variant="light" color="gray" tt="none">
          {t('users.inactive')}
        </Badge>
      )}
    </Group>
  );
}

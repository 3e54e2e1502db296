import { ActionIcon, Tooltip } from '@mantine/core';
import { Eye, EyeOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';

export interface SecretProps {
  /** Whether tokens and passwords are shown as they are. */
  readonly withSecrets: boolean;
  readonly onSecrets: (withSecrets: boolean) => void;
  /** Such as the token that the connection was opened with. */
  readonly secrets: readonly string[];
}

/** Shows tokens, or hides them again, in what is shown and in what is copied. */
export function SecretSwitch({ withSecrets, onSecrets }: Pick<SecretProps, 'withSecrets' | 'onSecrets'>) {
  const { t } = useTranslation('explorer');
  const label = t(withSecrets ? 'frames.hideSecrets' : 'frames.showSecrets');
  const Icon = withSecrets ? Eye : EyeOff;
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={withSecrets ? 'light' : 'subtle'}
        color={withSecrets ? 'orange' : 'gray'}
        size="lg"
        aria-label={t('frames.showSecrets')}
        aria-pressed={withSecrets}
        onClick={() => onSecrets(!withSecrets)}
      >
        <Icon size={18} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

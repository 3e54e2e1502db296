import { notifications } from '@mantine/notifications';
import type { TFunction } from 'i18next';

/** Says that something is done. */
export function tell(message: string, t: TFunction): void {
  notifications.show({ message, color: 'teal', closeButtonProps: { 'aria-label': t('app.close') } });
}

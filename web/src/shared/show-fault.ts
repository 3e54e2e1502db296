import { notifications } from '@mantine/notifications';
import type { TFunction } from 'i18next';
import { faultText } from './faults';

/** Says what went wrong where there is no better place for it. */
export const showFault = (error: unknown, t: TFunction): void => {
  const closeButtonProps = { 'aria-label': t('app.close') };
  notifications.show({ color: 'red', title: t('app.failed'), message: faultText(error, t), closeButtonProps });
};

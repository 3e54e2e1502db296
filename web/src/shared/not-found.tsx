import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { Empty } from './empty';
import { useTitle } from './use-title';

/** That nothing is at this address, and the way to where there is something. */
export function NotFound() {
  const { t } = useTranslation();
  useTitle(t('app.notFound'));
  return (
    <Empty title={t('app.notFound')}>
      <Button component={Link} href="/" variant="light">
        {t('nav.chats')}
      </Button>
    </Empty>
  );
}

import { ActionIcon } from '@mantine/core';
import { ArrowLeft } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import classes from './chat.module.css';

/** Leads back to the list of chats, which narrow screens show instead of what is open. */
export function Back() {
  const { t } = useTranslation();
  return (
    <ActionIcon
      component={Link}
      href="/chats"
      variant="subtle"
      color="gray"
      size="lg"
      className={classes.back}
      aria-label={t('app.back')}
    >
      <ArrowLeft size={20} aria-hidden />
    </ActionIcon>
  );
}

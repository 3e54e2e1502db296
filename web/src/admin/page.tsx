import { Alert, Box, Button, Container, Group, Stack, Text, Title } from '@mantine/core';
import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { faultText } from '../shared/faults';
import { useTitle } from '../shared/use-title';

interface AdminPageProps {
  readonly title: string;
  /** What stands in the place of the title where more than a text does. */
  readonly heading?: ReactNode;
  readonly text?: ReactNode;
  /** Stands across from the title. */
  readonly actions?: ReactNode;
  /** Stands above the title. */
  readonly above?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of a page: its title, what it is about, and what can be done on it. */
export function AdminPage({ title, heading = title, text, actions, above, children }: AdminPageProps) {
  useTitle(title);
  return (
    <Container size="xl" py="lg">
      {above}
      <Group justify="space-between" align="start" mb="lg" gap="sm">
        <Box flex="1 1 260px">
          <Title order={1} size="h2">
            {heading}
          </Title>
          {text && (
            <Text c="dimmed" size="sm">
              {text}
            </Text>
          )}
        </Box>
        {actions}
      </Group>
      <Stack gap="md">{children}</Stack>
    </Container>
  );
}

/** That what is shown is not of now: in the place of something else, so that nothing moves. */
export function Stale({ error }: { readonly error: unknown }) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  return <span className="admin-stale">{t('common.stale', { fault: faultText(error, general) })}</span>;
}

interface FaultProps {
  readonly error: unknown;
  /** Whether something older is shown all the same. */
  readonly isStale?: boolean;
  readonly onRetry?: () => void;
}

/** That something could not be had, and a way to try again. Takes no room while all is well. */
export function Fault({ error, isStale = false, onRetry }: FaultProps) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  if (error === undefined || error === null) return null;
  const text = typeof error === 'string' ? error : faultText(error, general);
  return (
    <Alert color={isStale ? 'orange' : 'red'} role={isStale ? 'status' : 'alert'} icon={<CircleAlert size={18} aria-hidden />}>
      <Group justify="space-between" gap="xs">
        <Text size="sm">{isStale ? t('common.stale', { fault: text }) : text}</Text>
        {onRetry && (
          <Button size="compact-sm" variant="default" onClick={onRetry}>
            {general('app.retry')}
          </Button>
        )}
      </Group>
    </Alert>
  );
}

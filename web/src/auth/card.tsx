import { Alert, Anchor, Card, Container, Group, Stack, Text, Title } from '@mantine/core';
import { CircleAlert } from 'lucide-react';
import { type ReactNode, type SubmitEvent, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { useTitle } from '../shared/use-title';
import { BASE } from '../session/base';

interface AuthCardProps {
  readonly title: string;
  readonly fault: string | null;
  readonly onSubmit: () => void;
  readonly children: ReactNode;
  /** Where else to go from here. */
  readonly below: ReactNode;
}

/** The frame of the pages for people who are not signed in. */
export function AuthCard({ title, fault, onSubmit, children, below }: AuthCardProps) {
  const { t } = useTranslation();
  const id = useId();
  useTitle(title);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <Container size={420} py={{ base: 'lg', sm: 60 }}>
      <Text ta="center" c="dimmed" mb="md" size="sm">
        {t('app.tagline')}
      </Text>
      <Card withBorder shadow="sm" padding="xl" radius="lg">
        <form onSubmit={submit} aria-labelledby={id} noValidate>
          <Stack>
            <Title order={1} size="h2" id={id}>
              {title}
            </Title>
            {fault && (
              <Alert color="red" role="alert" icon={<CircleAlert size={18} aria-hidden />}>
                {fault}
              </Alert>
            )}
            {children}
          </Stack>
        </form>
      </Card>
      <Stack align="center" mt="lg" gap="xs">
        {below}
        <Group gap="xs" justify="center" mt="md">
          <Text size="sm" c="dimmed">
            {t('auth.explore')}
          </Text>
          <Anchor size="sm" component={Link} href="/explorer" underline="always">
            {t('nav.explorer')}
          </Anchor>
          <Anchor size="sm" href={`${BASE}/docs`} underline="always">
            {t('nav.http')}
          </Anchor>
          <Anchor size="sm" href={`${BASE}/asyncapi`} underline="always">
            {t('nav.sockets')}
          </Anchor>
        </Group>
      </Stack>
    </Container>
  );
}

import { Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

interface EmptyProps {
  readonly title: string;
  readonly text?: string;
  readonly icon?: ReactNode;
  readonly children?: ReactNode;
}

/** What is shown where there is nothing to show, and what to do about it. */
export function Empty({ title, text, icon, children }: EmptyProps) {
  return (
    <Stack align="center" justify="center" gap="xs" p="xl" mih="50vh" ta="center">
      {icon}
      <Title order={2} size="h3">
        {title}
      </Title>
      {text && <Text c="dimmed">{text}</Text>}
      {children}
    </Stack>
  );
}

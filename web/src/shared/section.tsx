import { Box, Card, Group, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useId } from 'react';

interface SectionProps {
  readonly title: string;
  readonly note?: string;
  /** Stands across from the title. */
  readonly action?: ReactNode;
  readonly children: ReactNode;
}

/** A part of a page, with its title. */
export function Section({ title, note, action, children }: SectionProps) {
  const id = useId();
  return (
    <Card component="section" withBorder padding="lg" aria-labelledby={id}>
      <Stack gap="md">
        <Group justify="space-between" align="start" gap="sm">
          <Box flex="1 1 200px">
            <Title order={2} size="h4" id={id}>
              {title}
            </Title>
            {note && (
              <Text size="sm" c="dimmed">
                {note}
              </Text>
            )}
          </Box>
          {action && <Box flex="none">{action}</Box>}
        </Group>
        {children}
      </Stack>
    </Card>
  );
}

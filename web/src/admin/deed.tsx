import { Box, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** Something that one may do with an account, and what it means. */
export function Deed({ title, text, children }: { readonly title: string; readonly text: string; readonly children: ReactNode }) {
  return (
    <Stack gap="xs" align="start">
      <Box>
        <Text fw={550}>{title}</Text>
        <Text size="sm" c="dimmed">
          {text}
        </Text>
      </Box>
      {children}
    </Stack>
  );
}

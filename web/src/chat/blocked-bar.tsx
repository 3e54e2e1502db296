import { Box, Button, Group, Text } from '@mantine/core';
import { Ban } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Blocked } from '../contacts/blocks';
import { useBlocking } from '../contacts/use-blocks';
import { useAction } from '../shared/use-action';
import classes from './chat.module.css';

/** Stands where one writes, in a personal chat with somebody whom one blocks. */
export function BlockedBar({ blocked }: { readonly blocked: Blocked }) {
  const { t } = useTranslation('contacts');
  const { unblock } = useBlocking();
  const { user_id: userId, username: name } = blocked;
  const { run, isBusy } = useAction(() => unblock(userId, name));
  return (
    <Box className={classes.blocked} role="note">
      <Group gap="sm" justify="center">
        <Group gap="xs" wrap="nowrap">
          <Ban size={18} aria-hidden style={{ flex: 'none' }} />
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {t('block.bar', { name })}
          </Text>
        </Group>
        <Button size="xs" variant="light" loading={isBusy} onClick={() => void run()}>
          {t('block.undo')}
        </Button>
      </Group>
    </Box>
  );
}

import { Alert, Box, Button, Group, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CommandError } from '../../../clients/typescript/src/index.js';
import { faultText } from '../shared/faults';
import { isUserFault } from '../shared/form';
import { tell } from '../shared/tell';
import { dateText } from '../shared/time';
import { useAction } from '../shared/use-action';
import { useRegion } from '../shared/use-region';
import type { Blocked } from './blocks';
import { useBlocking, useBlocks } from './use-blocks';

/** Everybody whom one blocks, each with a button that ends it. */
export function BlockedList() {
  const { t } = useTranslation('contacts');
  const { t: general } = useTranslation();
  const blocks = useBlocks();
  const all = blocks.all();
  return (
    <Stack gap="sm">
      <Box>
        <Text fw={550}>{t('block.list')}</Text>
        <Text size="sm" c="dimmed">
          {t('block.listNote')}
        </Text>
      </Box>
      {blocks.fault !== null && (
        <Alert color="red" role="alert">
          {faultText(blocks.fault, general)}
        </Alert>
      )}
      {!blocks.isLoaded && blocks.fault === null && <Skeleton h={40} />}
      {blocks.isLoaded && all.length === 0 && <Text c="dimmed">{t('block.none')}</Text>}
      {all.length > 0 && (
        <Box component="ul" p={0} m={0} style={{ listStyle: 'none' }} aria-label={t('block.list')}>
          {all.map((blocked) => (
            <BlockedPerson key={blocked.user_id} blocked={blocked} />
          ))}
        </Box>
      )}
      {blocks.hasMore && (
        <Button variant="subtle" onClick={() => void blocks.more()}>
          {general('app.more')}
        </Button>
      )}
      <BlockForm />
    </Stack>
  );
}

function BlockedPerson({ blocked }: { readonly blocked: Blocked }) {
  const { t } = useTranslation('contacts');
  const region = useRegion();
  const { unblock } = useBlocking();
  const { user_id: userId, username: name, created_at: at } = blocked;
  const { run, isBusy } = useAction(() => unblock(userId, name));
  return (
    <Group component="li" py={6} wrap="nowrap" justify="space-between">
      <Box style={{ minWidth: 0 }}>
        <Text truncate title={name}>
          {name}
        </Text>
        <Text size="xs" c="dimmed">
          {t('block.since', { date: dateText(new Date(at), region) })}
        </Text>
      </Box>
      <Button
        variant="default"
        size="compact-sm"
        flex="none"
        loading={isBusy}
        aria-label={t('block.undoName', { name })}
        onClick={() => void run()}
      >
        {t('block.undo')}
      </Button>
    </Group>
  );
}

/** Blocks somebody by name, with whom one may share no chat. */
function BlockForm() {
  const { t } = useTranslation('contacts');
  const { t: general } = useTranslation();
  const blocks = useBlocks();
  const [name, setName] = useState('');
  const { run, isBusy, fault, fields } = useAction(
    async () => {
      await blocks.block({ username: name.trim() });
      tell(t('block.done', { name: name.trim() }), general);
      setName('');
    },
    (error) => {
      if (error instanceof CommandError && error.code === 'not_found') return t('block.nobody');
      // The only user who exists and cannot be blocked.
      return isUserFault(error) ? t('block.oneself') : undefined;
    },
  );
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void run();
  };
  return (
    <form onSubmit={submit} noValidate>
      <Group align="start" gap="xs">
        <TextInput
          flex="1 1 180px"
          aria-label={t('block.add')}
          placeholder={t('block.who')}
          autoCapitalize="none"
          value={name}
          error={fault ?? Object.values(fields)[0]}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={isBusy} disabled={!name.trim()}>
          {t('block.action')}
        </Button>
      </Group>
    </form>
  );
}

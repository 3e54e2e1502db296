import './texts';
import { Alert, Box, Divider, Group, Stack, Switch, Text } from '@mantine/core';
import { useEffect, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive, useUser } from '../session/session';
import { faultText } from '../shared/faults';
import { Section } from '../shared/section';
import { tell } from '../shared/tell';
import { useAction } from '../shared/use-action';
import { useData } from '../shared/use-data';
import { BlockedList } from './blocked-list';

/** What others see of one, and who sees and reaches nothing at all. */
export function PrivacySection() {
  const { t } = useTranslation('contacts');
  return (
    <Section title={t('privacy.title')}>
      <PresenceSwitch />
      <Divider />
      <BlockedList />
    </Section>
  );
}

function PresenceSwitch() {
  const { t } = useTranslation('contacts');
  const { t: general } = useTranslation();
  const id = useId();
  const live = useLive();
  const { id: userId } = useUser();
  const { data, error, mutate } = useData(['privacy', userId], () => live.command('contacts.privacy', {}));
  useEffect(
    () =>
      live.on('event', ({ name, data: changed }) => {
        if (name === 'contacts.privacy') void mutate(changed, { revalidate: false });
      }),
    [live, mutate],
  );
  const { run, isBusy, fault } = useAction(async (isShared: boolean) => {
    await mutate(await live.command('contacts.set_privacy', { share_presence: isShared }), { revalidate: false });
    tell(t(isShared ? 'privacy.shared' : 'privacy.notShared'), general);
  });
  const wrong = fault ?? (error === null ? null : faultText(error, general));
  return (
    <Stack gap="sm">
      {wrong && (
        <Alert color="red" role="alert">
          {wrong}
        </Alert>
      )}
      <Group justify="space-between" align="start" wrap="nowrap">
        <Box>
          <Text fw={550}>{t('privacy.presence')}</Text>
          <Text size="sm" c="dimmed" id={id}>
            {t('privacy.presenceText')}
          </Text>
        </Box>
        <Switch
          aria-label={t('privacy.presence')}
          aria-describedby={id}
          checked={data?.share_presence ?? true}
          disabled={!data || isBusy}
          onChange={(event) => void run(event.currentTarget.checked)}
        />
      </Group>
    </Stack>
  );
}

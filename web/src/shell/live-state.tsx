import { Badge, Button, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useSession } from '../session/session';
import { useLiveState } from '../session/use-live-state';

/** Says when the live connection is not there, and what that means. Silent while all is well. */
export function LiveState() {
  const { t } = useTranslation();
  const { live } = useSession();
  const state = useLiveState(live);
  return (
    <Group gap="xs" wrap="nowrap" role="status" data-live={state}>
      {(state === 'connecting' || state === 'waiting') && (
        <Badge title={t('live.lost')} color="orange" variant="light" tt="none" size="lg">
          {t(state === 'waiting' ? 'live.waiting' : 'live.connecting')}
        </Badge>
      )}
      {state === 'waiting' && (
        <Button size="compact-xs" variant="subtle" visibleFrom="sm" onClick={() => live?.retryNow()}>
          {t('live.now')}
        </Button>
      )}
      {state === 'stopped' && (
        <>
          <Badge title={live?.ending?.reason} color="red" variant="light" tt="none" size="lg">
            {t('live.closed')}
          </Badge>
          <Button size="compact-xs" variant="subtle" onClick={() => live?.retryNow()}>
            {t('live.connect')}
          </Button>
        </>
      )}
    </Group>
  );
}

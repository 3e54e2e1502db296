import { Button, Center, Group, Loader } from '@mantine/core';
import { type ComponentType, lazy, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../session/session';
import { useLiveState } from '../session/use-live-state';
import { Empty } from '../shared/empty';
import { Fence } from '../shared/fence';

/**
 * A page that is loaded when somebody first goes there. Where that fails, as while the server is away, what is around it stays, with the
 * messages that wait to be sent; and it is tried again.
 */
export function pageOf<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): ComponentType<P> {
  let Page = lazy(load);
  return function Loaded(props: P) {
    const [tries, setTries] = useState(0);
    return (
      <Fence
        key={tries}
        onFault={() => {
          // What failed once would stay so.
          Page = lazy(load);
        }}
        instead={<Failed onAgain={() => setTries(tries + 1)} />}
      >
        <Suspense fallback={<Waiting />}>
          <Page {...props} />
        </Suspense>
      </Fence>
    );
  };
}

export function Waiting() {
  const { t } = useTranslation();
  return (
    <Center mih="60vh">
      <Loader aria-label={t('app.loading')} />
    </Center>
  );
}

function Failed({ onAgain }: { readonly onAgain: () => void }) {
  const { t } = useTranslation();
  const { live } = useSession();
  const state = useLiveState(live);
  const [wasAway] = useState(state !== 'open');
  const isBack = wasAway && state === 'open';
  useEffect(() => {
    if (isBack) onAgain();
  }, [isBack, onAgain]);
  return (
    <Empty title={t('app.notShown')} text={t('app.notShownText')}>
      <Group>
        <Button variant="light" onClick={onAgain}>
          {t('app.retry')}
        </Button>
        <Button variant="subtle" onClick={() => location.reload()}>
          {t('app.reload')}
        </Button>
      </Group>
    </Empty>
  );
}

import { Tabs, Title, VisuallyHidden } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Braces, Columns3, ListTree } from 'lucide-react';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { CodeView } from './code-view';
import { CommandPanel } from './command-panel';
import type { CommandInfo } from './catalogue';
import { ConnectionPanel } from './connection-panel';
import { Explorer } from './explorer';
import { FramesView } from './frames-view';
import { ProtocolsView } from './protocols-view';
import type { Protocol } from './protocols';
import { useRequest } from './use-request';

/** Where both columns fit beside each other. */
const WIDE = '(min-width: 62em)';

/** Connection and request on one side, what went over the wire on the other; on a small screen one after the other. */
export function Workbench({ commands }: { readonly commands: readonly CommandInfo[] }) {
  const { t } = useTranslation('explorer');
  const [explorer] = useState(() => new Explorer());
  useEffect(() => () => explorer.disconnect(), [explorer]);
  const state = useSyncExternalStore(explorer.subscribe, explorer.state);
  const log = useSyncExternalStore(explorer.log.subscribe, explorer.log.view);
  const [protocol, setProtocol] = useState<Protocol>('game');
  const [clientId, setClientId] = useState(() => `explorer-${Math.random().toString(36).slice(2, 8)}`);
  const [withSecrets, setWithSecrets] = useState(false);
  const draft = useRequest(commands, protocol);
  const isWide = useMediaQuery(WIDE, undefined, { getInitialValueInEffect: false }) ?? true;
  const [tab, setTab] = useState<string | null>(isWide ? 'frames' : 'request');
  const secrets = useMemo(() => (state.token === null ? [] : [state.token]), [state.token]);
  const choose = (next: Protocol): void => {
    if (next === protocol) return;
    explorer.disconnect();
    setProtocol(next);
  };
  const request = (
    <div className="explorer-request">
      <ConnectionPanel {...{ explorer, state, protocol, clientId }} onProtocol={choose} onClientId={setClientId} />
      <CommandPanel {...{ explorer, state, protocol, commands, draft }} onSent={() => !isWide && setTab('frames')} />
    </div>
  );
  const secretSwitch = { withSecrets, onSecrets: setWithSecrets, secrets };
  return (
    <div className="explorer">
      <VisuallyHidden>
        <Title order={1}>{t('title')}</Title>
      </VisuallyHidden>
      {isWide && request}
      <Tabs className="explorer-tabs" value={isWide && tab === 'request' ? 'frames' : tab} onChange={setTab} keepMounted={false}>
        <Tabs.List className="explorer-tab-list">
          {!isWide && <Tabs.Tab value="request">{t('tabs.request')}</Tabs.Tab>}
          <Tabs.Tab value="frames" leftSection={isWide && <ListTree size={16} aria-hidden />}>
            {t('tabs.frames')}
          </Tabs.Tab>
          <Tabs.Tab value="protocols" leftSection={isWide && <Columns3 size={16} aria-hidden />}>
            {t('tabs.protocols')}
          </Tabs.Tab>
          <Tabs.Tab value="code" leftSection={isWide && <Braces size={16} aria-hidden />}>
            {t('tabs.code')}
          </Tabs.Tab>
        </Tabs.List>
        {!isWide && (
          <Tabs.Panel value="request" className="explorer-panel" keepMounted>
            {request}
          </Tabs.Panel>
        )}
        <Tabs.Panel value="frames" className="explorer-panel">
          <FramesView explorer={explorer} log={log} {...secretSwitch} />
        </Tabs.Panel>
        <Tabs.Panel value="protocols" className="explorer-panel">
          <ProtocolsView draft={draft} protocol={protocol} onProtocol={choose} {...secretSwitch} />
        </Tabs.Panel>
        <Tabs.Panel value="code" className="explorer-panel">
          <CodeView {...{ draft, protocol, clientId, state }} {...secretSwitch} />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}

import { Alert, Badge, Button, Group, Kbd, SegmentedControl, Select, Stack, Text, Textarea, Title } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { SendHorizontal } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CommandInfo } from './catalogue';
import type { ConnectionState, Explorer } from './explorer';
import { OWN_FRAMES } from './own-frames';
import { PayloadForm } from './payload-form';
import { FACTS, type Protocol } from './protocols';
import { rawWire } from './raw-wires';
import { type RequestDraft, wireNow } from './use-request';
import type { Wire } from './wire';
import { wireOf } from './wires';

interface CommandPanelProps {
  readonly explorer: Explorer;
  readonly state: ConnectionState;
  readonly protocol: Protocol;
  readonly commands: readonly CommandInfo[];
  readonly draft: RequestDraft;
  readonly onSent: () => void;
}

/** Sends what is written; returns what kept it from going. */
function useSend({ explorer, protocol, draft, onSent }: CommandPanelProps) {
  const { t } = useTranslation('explorer');
  const [fault, setFault] = useState<string | null>(null);
  const count = useRef(0);
  const send = (): void => {
    // A raw frame that nobody touched is the request itself, with an id of its own.
    const isOwn = draft.view === 'raw' && draft.isRawOwn;
    const next = (): string => `r${(count.current += 1)}`;
    const wire = isOwn ? rawWire(protocol, draft.rawText) : draft.request && wireNow(protocol, draft.request, next());
    setFault(wire ? null : t(protocol === 'socketio' ? 'command.rawEventFault' : 'command.rawHttpFault'));
    if (!wire) return;
    explorer.send(wire);
    onSent();
  };
  return { send, fault };
}

/** Which command, and with what. */
export function CommandPanel(props: CommandPanelProps) {
  const { state, protocol, commands, draft } = props;
  const { t } = useTranslation('explorer');
  const id = useId();
  const { send, fault } = useSend(props);
  const isRaw = draft.view === 'raw';
  const isOpen = state.status === 'open';
  const canSend = isOpen && (isRaw ? draft.rawText.trim() !== '' : draft.request !== null);
  const faults = isRaw ? 0 : draft.faults.length;
  useHotkeys([['mod+Enter', () => canSend && send()]], []);
  return (
    <section aria-labelledby={id}>
      <Stack gap="sm">
        <Title order={2} size="h5" id={id}>
          {t('command.title')}
        </Title>
        <CommandSelect commands={commands} command={draft.command} onChoose={draft.choose} />
        <SegmentedControl
          fullWidth
          size="xs"
          aria-label={t('command.view')}
          value={draft.view}
          onChange={(view) => draft.show(view)}
          data={(['form', 'json', 'raw'] as const).map((value) => ({ value, label: t(`command.${value}`) }))}
        />
        <Editor {...props} />
        {!isRaw && draft.request && <Notes wire={wireOf(protocol, draft.request)} />}
        {fault && (
          <Alert color="red" role="alert" p="xs">
            {fault}
          </Alert>
        )}
        <Group gap="sm" className="explorer-send">
          <Button
            onClick={send}
            disabled={!canSend}
            variant={faults > 0 ? 'default' : 'filled'}
            leftSection={<SendHorizontal size={16} aria-hidden />}
          >
            {t(faults > 0 ? 'command.sendAnyway' : 'command.send')}
          </Button>
          <Text size="xs" className={faults > 0 ? 'explorer-bad' : 'explorer-soft'} role="status" flex={1}>
            {faults > 0 ? (
              t('command.faults', { count: faults })
            ) : isOpen ? (
              <>
                <Kbd size="xs">Ctrl</Kbd> + <Kbd size="xs">Enter</Kbd>
              </>
            ) : (
              t('command.connectFirst')
            )}
          </Text>
        </Group>
      </Stack>
    </section>
  );
}

/** What has to be said of how the request goes. */
function Notes({ wire }: { readonly wire: Wire }) {
  const { t } = useTranslation('explorer');
  if (wire.notes.length === 0) return null;
  return (
    <Text size="xs" className="explorer-soft">
      {wire.notes.map((note) => t(`protocols.notes.${note}`)).join(' ')}
    </Text>
  );
}

/** A sentence of the documents, with what is code in it. */
function Words({ text }: { readonly text: string }) {
  // Every other part was between backticks.
  return text.split('`').map((part, index) => (index % 2 === 1 ? <code key={part}>{part}</code> : part));
}

interface CommandSelectProps {
  readonly commands: readonly CommandInfo[];
  readonly command: CommandInfo;
  readonly onChoose: (command: CommandInfo) => void;
}

function CommandSelect({ commands, command, onChoose }: CommandSelectProps) {
  const { t } = useTranslation('explorer');
  const domains = [...new Set(commands.map(({ name }) => name.split('.')[0] ?? ''))];
  const itemsOf = (domain: string) =>
    commands.filter(({ name }) => name.startsWith(`${domain}.`)).map(({ name }) => ({ value: name, label: name }));
  const summaries = new Map(commands.map(({ name, summary }) => [name, summary]));
  return (
    <div>
      <Select
        aria-label={t('command.choose')}
        placeholder={t('command.find')}
        searchable
        allowDeselect={false}
        maxDropdownHeight={380}
        nothingFoundMessage={t('command.none')}
        value={command.name}
        onChange={(name) => {
          const chosen = commands.find((each) => each.name === name);
          if (chosen) onChoose(chosen);
        }}
        data={domains.map((group) => ({ group, items: itemsOf(group) }))}
        renderOption={({ option }) => (
          <div>
            <Text size="sm" ff="monospace">
              {option.label}
            </Text>
            <Text size="xs" className="explorer-soft" lineClamp={2} lang="en">
              <Words text={summaries.get(option.value) ?? ''} />
            </Text>
          </div>
        )}
      />
      <Text size="sm" mt={6} lang="en">
        <Words text={command.summary} />
      </Text>
      <Group gap={6} mt={6}>
        <Badge size="sm" variant="default" tt="none">
          {t(`command.access.${command.access}`)}
        </Badge>
        {command.liveOnly && (
          <Badge size="sm" variant="default" tt="none">
            {t('command.liveOnly')}
          </Badge>
        )}
      </Group>
    </div>
  );
}

function Editor({ draft, protocol }: CommandPanelProps) {
  const { t } = useTranslation('explorer');
  if (draft.view === 'form')
    return <PayloadForm command={draft.command} payload={draft.payload} faults={draft.faults} onChange={draft.setPayload} />;
  if (draft.view === 'raw') return <RawEditor draft={draft} protocol={protocol} />;
  return (
    <Textarea
      label={t('command.payload')}
      autosize
      minRows={5}
      maxRows={18}
      spellCheck={false}
      value={draft.jsonText}
      error={draft.jsonPayload === null && t('command.notJson')}
      onChange={(event) => draft.setJson(event.currentTarget.value)}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 'var(--mantine-font-size-xs)' } }}
    />
  );
}

function RawEditor({ draft, protocol }: Pick<CommandPanelProps, 'draft' | 'protocol'>) {
  const { t } = useTranslation('explorer');
  const { title, socket } = FACTS[protocol];
  const own = OWN_FRAMES[protocol];
  const hint = socket === null ? 'command.rawHintHttp' : protocol === 'socketio' ? 'command.rawHintEvent' : 'command.rawHint';
  return (
    <Stack gap="xs">
      <Select
        size="sm"
        label={t('command.own', { protocol: title })}
        placeholder={t('command.ownChoose')}
        value={null}
        data={own.map(({ name }) => name)}
        onChange={(name) => draft.setRaw(own.find((each) => each.name === name)?.text ?? null)}
      />
      <Textarea
        label={t('command.raw')}
        description={t(hint)}
        autosize
        minRows={6}
        maxRows={18}
        spellCheck={false}
        value={draft.rawText}
        onChange={(event) => draft.setRaw(event.currentTarget.value)}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 'var(--mantine-font-size-xs)' } }}
      />
      {draft.isRawOwn && (
        <Button size="compact-xs" variant="subtle" onClick={() => draft.setRaw(null)} style={{ alignSelf: 'start' }}>
          {t('command.reset')}
        </Button>
      )}
    </Stack>
  );
}

import { ActionIcon, Button, Menu, SegmentedControl, Text, TextInput, Tooltip } from '@mantine/core';
import { CirclePause, CirclePlay, Download, HeartPulse, type LucideIcon, Search, Trash2 } from 'lucide-react';
import { useDeferredValue, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Empty } from '../shared/empty';
import type { Explorer } from './explorer';
import { logAsJsonLines, logAsText } from './export-log';
import { FrameList } from './frame-list';
import type { LogLine, LogView } from './frame-log';
import { masked } from './masking';
import { SecretSwitch, type SecretProps } from './secret-switch';

const DIRECTIONS = ['both', 'out', 'in'] as const;

interface FramesViewProps extends SecretProps {
  readonly explorer: Explorer;
  readonly log: LogView;
}

interface Filter {
  readonly text: string;
  readonly direction: (typeof DIRECTIONS)[number];
  readonly withBeats: boolean;
}

function filtered(lines: readonly LogLine[], { text, direction, withBeats }: Filter): readonly LogLine[] {
  const wanted = text.trim().toLowerCase();
  return lines.filter(
    (line) =>
      (withBeats || !line.facts.isHeartbeat) &&
      (direction === 'both' || line.direction === direction) &&
      (wanted === '' || line.text.toLowerCase().includes(wanted) || line.facts.about.toLowerCase().includes(wanted)),
  );
}

/** Everything that went over the wire. */
export function FramesView({ explorer, log, withSecrets, onSecrets, secrets }: FramesViewProps) {
  const { t } = useTranslation('explorer');
  const [filter, setFilter] = useState<Filter>({ text: '', direction: 'both', withBeats: false });
  const deferred = useDeferredValue(filter);
  const lines = useMemo(() => filtered(log.lines, deferred), [log.lines, deferred]);
  return (
    <>
      <div className="explorer-tools">
        <TextInput
          size="xs"
          aria-label={t('frames.filter')}
          placeholder={t('frames.filterHint')}
          leftSection={<Search size={14} aria-hidden />}
          value={filter.text}
          onChange={(event) => setFilter({ ...filter, text: event.currentTarget.value })}
          style={{ flex: '1 1 9rem' }}
        />
        <SegmentedControl
          size="xs"
          aria-label={t('frames.direction')}
          value={filter.direction}
          onChange={(value) => setFilter({ ...filter, direction: value })}
          data={DIRECTIONS.map((value) => ({ value, label: t(`frames.${value}`) }))}
        />
        <div style={{ display: 'flex', gap: 2 }}>
          <Tool
            icon={log.isPaused ? CirclePlay : CirclePause}
            label={t(log.isPaused ? 'frames.resume' : 'frames.pause')}
            isOn={log.isPaused}
            onClick={() => explorer.log.pause(!log.isPaused)}
          />
          <Tool
            icon={HeartPulse}
            label={t(filter.withBeats ? 'frames.hideBeats' : 'frames.showBeats')}
            isOn={filter.withBeats}
            onClick={() => setFilter({ ...filter, withBeats: !filter.withBeats })}
          />
          <SecretSwitch withSecrets={withSecrets} onSecrets={onSecrets} />
          <ExportMenu lines={lines} options={{ withSecrets, secrets }} />
          <Tool icon={Trash2} label={t('frames.clear')} onClick={() => explorer.log.clear()} />
        </div>
      </div>
      <Summary log={log} lines={lines} onResume={() => explorer.log.pause(false)} />
      {lines.length === 0 ? (
        <Empty
          title={t(log.lines.length === 0 ? 'frames.empty' : 'frames.nothing')}
          text={log.lines.length === 0 ? t('frames.emptyText') : undefined}
        />
      ) : (
        <FrameList lines={lines} shown={(text) => (withSecrets ? text : masked(text, secrets))} />
      )}
    </>
  );
}

interface ToolProps {
  readonly icon: LucideIcon;
  readonly label: string;
  readonly isOn?: boolean;
  readonly onClick: () => void;
}

function Tool({ icon: Icon, label, isOn = false, onClick }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        size="lg"
        variant={isOn ? 'light' : 'subtle'}
        color={isOn ? undefined : 'gray'}
        aria-label={label}
        onClick={onClick}
      >
        <Icon size={18} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

interface SummaryProps {
  readonly log: LogView;
  readonly lines: readonly LogLine[];
  readonly onResume: () => void;
}

/** How many there are, what is missing of them, and how long the last answer took. */
function Summary({ log, lines, onResume }: SummaryProps) {
  const { t } = useTranslation('explorer');
  const last = lines.findLast(({ latencyMs }) => latencyMs !== undefined);
  if (log.lines.length === 0 && !log.isPaused) return null;
  return (
    <div className="explorer-tools" style={{ minHeight: 38 }}>
      <Text size="xs" className="explorer-soft">
        {t('frames.count', { count: lines.filter(({ direction }) => direction !== 'note').length })}
        {log.forgotten > 0 && ` · ${t('frames.forgotten', { count: log.forgotten })}`}
      </Text>
      <Text size="xs" className="explorer-soft" role="status">
        {log.isPaused
          ? log.unseen > 0
            ? t('frames.unseen', { count: log.unseen })
            : t('frames.paused')
          : last?.latencyMs !== undefined && t('frames.lastAnswer', { ms: msText(last.latencyMs) })}
      </Text>
      {log.isPaused && (
        <Button size="compact-xs" variant="light" onClick={onResume}>
          {t('frames.resume')}
        </Button>
      )}
    </div>
  );
}

const msText = (ms: number): string => (ms < 10 ? ms.toFixed(1) : String(Math.round(ms)));

interface ExportMenuProps {
  readonly lines: readonly LogLine[];
  readonly options: { readonly withSecrets: boolean; readonly secrets: readonly string[] };
}

/** The browser saves it as a file. */
function save(ending: string, type: string, text: string): void {
  const name = `switchboard-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.${ending}`;
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function ExportMenu({ lines, options }: ExportMenuProps) {
  const { t } = useTranslation('explorer');
  return (
    <Menu position="bottom-end" disabled={lines.length === 0}>
      <Menu.Target>
        <ActionIcon
          size="lg"
          variant="subtle"
          color="gray"
          aria-label={t('frames.export')}
          title={t('frames.export')}
          disabled={lines.length === 0}
        >
          <Download size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => save('txt', 'text/plain', logAsText(lines, options))}>{t('frames.exportText')}</Menu.Item>
        <Menu.Item onClick={() => save('jsonl', 'application/jsonl', logAsJsonLines(lines, options))}>
          {t('frames.exportJson')}
        </Menu.Item>
        {isSecureContext && (
          <Menu.Item onClick={() => void navigator.clipboard.writeText(logAsText(lines, options))}>
            {t('frames.exportCopy')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

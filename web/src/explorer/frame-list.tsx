import { Button, Text, UnstyledButton } from '@mantine/core';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { VList, type VListHandle } from 'virtua';
import { CopyIcon, JsonText } from './code-block';
import { prettyText } from './frame-facts';
import type { LogLine } from './frame-log';

/** What a line shows of a frame that is not opened, and how much is looked through for secrets to show it. */
const PREVIEW = 240;
const LOOKED_THROUGH = 4_000;
/** Nearer to the end than this counts as being there. */
const NEAR = 40;

interface FrameListProps {
  readonly lines: readonly LogLine[];
  /** A text as it may be shown. */
  readonly shown: (text: string) => string;
}

/** The lines of the log, oldest first. It follows the newest until somebody scrolls back. */
export function FrameList({ lines, shown }: FrameListProps) {
  const { t } = useTranslation('explorer');
  const list = useRef<VListHandle>(null);
  const following = useRef(true);
  const [isFollowing, setFollowing] = useState(true);
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  useLayoutEffect(() => {
    if (following.current) list.current?.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [lines]);
  useEffect(() => {
    const kept = lines[0]?.id ?? 0;
    setOpened((before) => ([...before].some((id) => id < kept) ? new Set([...before].filter((id) => id >= kept)) : before));
  }, [lines]);
  const toggle = (id: number): void =>
    setOpened((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  const follow = (offset: number): void => {
    const handle = list.current;
    if (!handle) return;
    following.current = handle.scrollSize - handle.viewportSize - offset < NEAR;
    setFollowing(following.current);
  };
  const toLatest = (): void => list.current?.scrollToIndex(lines.length - 1, { align: 'end' });
  return (
    <div className="explorer-log" role="log" aria-live="off" aria-label={t('frames.title')}>
      <VList ref={list} onScroll={follow}>
        {lines.map((line) => (
          <Line key={line.id} line={line} isOpen={opened.has(line.id)} shown={shown} onToggle={() => toggle(line.id)} />
        ))}
      </VList>
      {!isFollowing && (
        <Button
          className="explorer-latest"
          size="compact-sm"
          leftSection={<ArrowDown size={14} aria-hidden />}
          onClick={toLatest}
        >
          {t('frames.latest')}
        </Button>
      )}
    </div>
  );
}

interface LineProps {
  readonly line: LogLine;
  readonly isOpen: boolean;
  readonly shown: (text: string) => string;
  readonly onToggle: () => void;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** To the millisecond, in the time of this place. */
function clock(at: number): string {
  const date = new Date(at);
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

function Line({ line, isOpen, shown, onToggle }: LineProps) {
  const { t } = useTranslation('explorer');
  const { direction, facts, bytes } = line;
  if (direction === 'note') return <Note line={line} shown={shown} />;
  // An answer says of itself only what went wrong.
  const about = [...new Set([line.answersAbout, facts.about])].filter(Boolean).join(' · ');
  const preview = shown((facts.carries ?? line.text).slice(0, LOOKED_THROUGH)).slice(0, PREVIEW);
  const tone = facts.isOk === false ? 'explorer-bad' : '';
  return (
    <div data-frame={line.id} data-direction={direction} data-kind={facts.kind}>
      <UnstyledButton className={`explorer-line ${isOpen ? 'explorer-open' : ''}`} aria-expanded={isOpen} onClick={onToggle}>
        <span className="explorer-number explorer-soft explorer-when">{clock(line.at)}</span>
        <Arrow direction={direction} label={t(`frames.${direction}`)} />
        <span className="explorer-what">
          <b className={tone}>{facts.kind}</b> <span className={tone}>{shown(about)}</span>{' '}
          <span className="explorer-soft explorer-preview">{preview}</span>
        </span>
        <span className="explorer-number explorer-in">
          {line.latencyMs === undefined ? '' : t('frames.ms', { count: Math.round(line.latencyMs) })}
        </span>
        <span className="explorer-number explorer-soft explorer-size">{t('frames.bytes', { count: bytes })}</span>
      </UnstyledButton>
      {isOpen && <Detail line={line} shown={shown} />}
    </div>
  );
}

function Arrow({ direction, label }: { readonly direction: 'out' | 'in'; readonly label: string }): ReactNode {
  const Icon = direction === 'out' ? ArrowUp : ArrowDown;
  return <Icon size={15} className={`explorer-${direction}`} role="img" aria-label={label} />;
}

function Note({ line, shown }: Pick<LineProps, 'line' | 'shown'>) {
  return (
    <div className="explorer-line explorer-note explorer-soft" data-direction="note">
      <span className="explorer-number explorer-when">{clock(line.at)}</span>
      <span aria-hidden>·</span>
      <span className="explorer-what">{shown(line.text)}</span>
    </div>
  );
}

function Detail({ line, shown }: Pick<LineProps, 'line' | 'shown'>) {
  const { t } = useTranslation('explorer');
  const text = shown(prettyText(line.text));
  return (
    <div className="explorer-detail">
      <div className="explorer-block">
        <pre className="explorer-code">
          <JsonText text={text} />
        </pre>
        <CopyIcon text={shown(line.text)} label={t('frames.copyFrame')} />
      </div>
      <Text size="xs" mt={4} className="explorer-soft explorer-number">
        {clock(line.at)} · {t('frames.bytes', { count: line.bytes })}
        {line.isCut && ` · ${t('frames.cut')}`}
      </Text>
    </div>
  );
}

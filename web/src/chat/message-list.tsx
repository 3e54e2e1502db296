import { Box, Button, Divider, Loader, Text, VisuallyHidden } from '@mantine/core';
import { ArrowDown } from 'lucide-react';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { useUser } from '../session/session';
import classes from './chat.module.css';
import type { ChatLog } from './chat-log';
import type { ShownMessage } from './shown-message';
import { MessageRow, NoteRow, PendingRow } from './message-row';
import { firstNewOf, type Row, rowsOf } from './rows';
import { daysAgo } from './times';
import { useRegion } from '../shared/use-region';

export interface MessageListProps {
  readonly log: ChatLog;
  /** The last entry that had been read when the chat was opened. */
  readonly readSeq: number;
  readonly isAtEnd: boolean;
  readonly onEnd: (isAtEnd: boolean) => void;
  readonly onEdit: (message: ShownMessage) => void;
}

/** Pixels from the end that still count as the end, and from the beginning at which older messages are fetched. */
const NEAR_END = 60;
const NEAR_BEGINNING = 400;

/** What was said, newest at the bottom. It stays at the bottom if it was there, and where it was if it was not. */
export function MessageList({ log, readSeq, isAtEnd, onEnd, onEdit }: MessageListProps) {
  const { t } = useTranslation();
  const handle = useRef<VirtualizerHandle>(null);
  const pane = useRef<HTMLDivElement>(null);
  const offset = useRef(0);
  const { id } = useUser();
  // What comes while one looks is announced otherwise.
  const [newUpTo] = useState(() => log.messages().at(-1)?.seq ?? 0);
  const shown = { messages: log.messages(), hasOlder: log.hasOlder };
  const firstNew = readSeq < newUpTo ? firstNewOf(shown, readSeq, id) : undefined;
  const rows = rowsOf({ ...shown, pending: log.pending, firstNew });
  const isPrepended = useIsPrepended(rows);
  const newer = useNewer(log, isAtEnd);
  const toEnd = useCallback((): void => {
    if (pane.current) pane.current.scrollTop = pane.current.scrollHeight;
    onEnd(true);
  }, [onEnd]);

  const last = rows.at(-1)?.key;
  const isOwn = rows.at(-1)?.kind === 'pending';
  useLayoutEffect(() => {
    if (isAtEnd || isOwn) toEnd();
    // Only what is said at the end moves the view to it.
  }, [last, isAtEnd, isOwn, rows.length, toEnd]);
  // How high a message is shows only once it is in view; and the view itself shrinks while one writes several lines.
  const resized = (): void => {
    if (isAtEnd) toEnd();
  };

  const scrolled = (): void => {
    const view = handle.current;
    if (!view) return;
    const isRising = view.scrollOffset < offset.current;
    offset.current = view.scrollOffset;
    // What grows below moves the end away; only whoever scrolls leaves it.
    if (view.scrollOffset + view.viewportSize >= view.scrollSize - NEAR_END) onEnd(true);
    else if (isRising) onEnd(false);
    if (view.scrollOffset < NEAR_BEGINNING && log.hasOlder) void log.older();
  };
  // A page may be shorter than the screen.
  useEffect(() => {
    const view = handle.current;
    if (view && log.hasOlder && view.scrollSize < view.viewportSize + NEAR_BEGINNING) void log.older();
  }, [log, log.hasOlder, rows.length]);

  return (
    <Box style={{ position: 'relative', flex: 1, minHeight: 0, display: 'flex' }}>
      {log.isReadingOlder && (
        <Box className={classes.older}>
          <Loader size="xs" aria-label={t('chat.loadingOlder')} />
        </Box>
      )}
      <Box
        ref={pane}
        className={classes.messages}
        style={{ width: '100%' }}
        tabIndex={0}
        role="region"
        aria-label={t('chat.log')}
      >
        <div className={classes.spring} />
        <Virtualizer ref={handle} shift={isPrepended} onScroll={scrolled} onResize={resized} data={rows}>
          {(row) => <RowView key={row.key} row={row} log={log} onEdit={onEdit} />}
        </Virtualizer>
      </Box>
      {!isAtEnd && (
        <Button
          className={classes.latest}
          radius="xl"
          size="xs"
          leftSection={<ArrowDown size={14} aria-hidden />}
          onClick={toEnd}
        >
          {newer > 0 ? t('chat.newer', { count: newer }) : t('chat.latest')}
        </Button>
      )}
      <Announcements log={log} />
    </Box>
  );
}

/** Whether what is new since the last time came before everything else. */
function useIsPrepended(rows: readonly Row[]): boolean {
  const [before, setBefore] = useState({ last: rows.at(-1)?.key, length: rows.length, isPrepended: false });
  const last = rows.at(-1)?.key;
  if (before.last === last && before.length === rows.length) return before.isPrepended;
  const isPrepended = before.last === last && rows.length > before.length;
  setBefore({ last, length: rows.length, isPrepended });
  return isPrepended;
}

/** How many messages came below since the end was last in view. */
function useNewer(log: ChatLog, isAtEnd: boolean): number {
  const { id } = useUser();
  const newest = log.messages().at(-1)?.seq ?? 0;
  const [seen, setSeen] = useState(newest);
  if (isAtEnd && seen !== newest) setSeen(newest);
  return isAtEnd ? 0 : log.messages().filter(({ seq, kind, fromId }) => seq > seen && kind === 'message' && fromId !== id).length;
}

/** Reads new messages out to those who hear the page rather than see it. */
function Announcements({ log }: { readonly log: ChatLog }) {
  const { id } = useUser();
  const newest = log.messages().at(-1);
  const [first] = useState(newest?.seq ?? 0);
  const isNews = newest?.kind === 'message' && newest.seq > first && newest.fromId !== id;
  return (
    <VisuallyHidden aria-live="polite" role="status">
      {isNews && `${newest.fromName}: ${newest.content.slice(0, 500)}`}
    </VisuallyHidden>
  );
}

interface RowViewProps {
  readonly row: Row;
  readonly log: ChatLog;
  readonly onEdit: (message: ShownMessage) => void;
}

function RowView({ row, log, onEdit }: RowViewProps) {
  const { t } = useTranslation();
  if (row.kind === 'message') return <MessageRow {...row} log={log} onEdit={onEdit} />;
  if (row.kind === 'pending') return <PendingRow pending={row.pending} log={log} />;
  if (row.kind === 'note') return <NoteRow message={row.message} />;
  if (row.kind === 'unread') return <Divider my="xs" color="var(--mantine-primary-color-light-color)" label={<Unread />} />;
  return (
    <Box className={classes.divider}>
      <Text size="xs" c="dimmed" fw={600}>
        {row.kind === 'day' ? <Day at={row.at} /> : t('chat.beginning')}
      </Text>
    </Box>
  );
}

function Unread() {
  const { t } = useTranslation();
  return (
    <Text span size="xs" fw={600} c="var(--mantine-primary-color-light-color)">
      {t('chat.unreadBelow')}
    </Text>
  );
}

function Day({ at }: { readonly at: Date }) {
  const { t } = useTranslation();
  const region = useRegion();
  const days = daysAgo(at);
  if (days === 0) return t('chat.today');
  if (days === 1) return t('chat.yesterday');
  return new Intl.DateTimeFormat(region, { dateStyle: days < 300 ? 'full' : 'long' }).format(at);
}

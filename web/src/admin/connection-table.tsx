import { Anchor, Badge, Box, Button, Group, Table, Text, VisuallyHidden } from '@mantine/core';
import { type FocusEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { programName } from '../shared/program-name';
import { useNow } from '../shared/time';
import { Activity } from './activity';
import type { Connection } from './api';
import { byServer } from './clock';
import { type SteadyRow, steadied } from './steady';
import { linkTo } from './use-address';
import { useFew } from './use-few';

interface ConnectionTableProps {
  /** Newest first. */
  readonly connections: readonly Connection[];
  /** Whether older ones are left out. */
  readonly isCut: boolean;
  /** Whether it says whose they are. */
  readonly withUser?: boolean;
  /** The session of this page, whose connections are marked. */
  readonly ownSessionId: string | null;
  readonly onEnd: (connection: Connection) => void;
  readonly onHold?: (isHeld: boolean) => void;
}

/** Live connections. While somebody points at them, rows keep their places. */
export function ConnectionTable({ connections, isCut, withUser = false, ownSessionId, onEnd, onHold }: ConnectionTableProps) {
  const { t } = useTranslation('admin');
  const [isPointed, setPointed] = useState(false);
  const [isFocused, setFocused] = useState(false);
  const isHeld = isPointed || isFocused;
  const { few, more } = useFew(useSteady(connections, isCut, isHeld), withUser ? Infinity : undefined);
  const now = byServer(useNow(1_000));
  useEffect(() => onHold?.(isHeld), [onHold, isHeld]);
  // A click leaves the focus where it was, and would hold the rows for good.
  const focus = (event: FocusEvent): void => setFocused(event.target.matches(':focus-visible'));
  return (
    <>
      <Table
        verticalSpacing="xs"
        layout="fixed"
        aria-label={t('connections.caption')}
        onPointerEnter={(event) => setPointed(event.pointerType === 'mouse')}
        onPointerLeave={() => setPointed(false)}
        onFocus={focus}
        onKeyDown={() => setFocused(true)}
        onBlur={() => setFocused(false)}
      >
        <Table.Thead>
          <Table.Tr>
            {withUser && <Table.Th>{t('common.user')}</Table.Th>}
            <Table.Th visibleFrom={withUser ? 'sm' : undefined}>{t('common.program')}</Table.Th>
            <Table.Th w={150} visibleFrom="sm">
              {t('connections.lastSeen')}
            </Table.Th>
            <Table.Th w={110}>
              <VisuallyHidden>{t('connections.end')}</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {few.map((row) => (
            <ConnectionRow
              key={row.item.id}
              row={row}
              withUser={withUser}
              now={now}
              isOwn={ownSessionId !== null && row.item.session_id === ownSessionId}
              onEnd={onEnd}
            />
          ))}
        </Table.Tbody>
      </Table>
      {more}
    </>
  );
}

function useSteady(latest: readonly Connection[], isCut: boolean, isHeld: boolean): readonly SteadyRow<Connection>[] {
  const [rows, setRows] = useState(() => steadied([], latest));
  useEffect(() => {
    const oldest = latest.at(-1)?.connected_at ?? '';
    const isBeyond = (item: Connection): boolean => isCut && item.connected_at <= oldest;
    setRows((shown) => steadied(isHeld ? shown : [], latest, isBeyond));
  }, [latest, isCut, isHeld]);
  return rows;
}

interface ConnectionRowProps {
  readonly row: SteadyRow<Connection>;
  readonly withUser: boolean;
  readonly now: number;
  readonly isOwn: boolean;
  readonly onEnd: (connection: Connection) => void;
}

function ConnectionRow({ row: { item, isGone }, withUser, now, isOwn, onEnd }: ConnectionRowProps) {
  const { t } = useTranslation('admin');
  return (
    <Table.Tr>
      {withUser && (
        <Table.Td>
          <Whose connection={item} isOwn={isOwn} isGone={isGone} />
          <Through connection={item} isGone={isGone} now={now} isInUserCell />
        </Table.Td>
      )}
      <Table.Td visibleFrom={withUser ? 'sm' : undefined}>
        <Through connection={item} isGone={isGone} now={now} isOwn={!withUser && isOwn} />
      </Table.Td>
      <Table.Td visibleFrom="sm" className={isGone ? 'admin-gone' : undefined}>
        <Activity last={item.last_seen_at} since={item.connected_at} now={now} />
      </Table.Td>
      <Table.Td ta="right">
        <Button
          size="compact-sm"
          variant="subtle"
          color={isGone ? 'gray' : 'red'}
          // It keeps the focus: without it the keyboard would be sent back to the top of the page.
          aria-disabled={isGone}
          data-disabled={isGone || undefined}
          aria-label={isGone ? undefined : endLabel(item, t)}
          onClick={() => !isGone && onEnd(item)}
        >
          {t(isGone ? 'connections.closed' : 'connections.end')}
        </Button>
      </Table.Td>
    </Table.Tr>
  );
}

function endLabel({ username, protocol, ip: address }: Connection, t: ReturnType<typeof useTranslation<'admin'>>['t']): string {
  if (username === null) return t('connections.endAnonymous', { protocol, address });
  return t('connections.endLabel', { name: username, protocol, address });
}

interface PartProps {
  readonly connection: Connection;
  readonly isGone: boolean;
  readonly isOwn?: boolean;
}

function Whose({ connection: { user_id: id, username, client_id: clientId }, isGone, isOwn = false }: PartProps) {
  const { t } = useTranslation('admin');
  return (
    <div className={isGone ? 'admin-gone' : undefined}>
      <Group gap="xs">
        {id === null ? (
          <Text size="sm" c="dimmed">
            {t('common.anonymous')}
          </Text>
        ) : (
          <Anchor size="sm" fw={550} href={linkTo(`/admin/users/${id}`)} className="admin-clip">
            {username}
          </Anchor>
        )}
        {isOwn && <Own />}
      </Group>
      {clientId !== null && (
        <Text size="sm" c="dimmed" className="admin-clip" title={clientId}>
          {t('connections.client', { id: clientId })}
        </Text>
      )}
    </div>
  );
}

function Own() {
  const { t } = useTranslation('admin');
  return (
    <Badge size="sm" variant="light" tt="none">
      {t('connections.current')}
    </Badge>
  );
}

interface ThroughProps extends PartProps {
  readonly now: number;
  readonly isInUserCell?: boolean;
}

/** Program, protocol and address, and where there is no room for columns of their own, all the rest. */
function Through({ connection, isGone, now, isOwn = false, isInUserCell = false }: ThroughProps) {
  const { t } = useTranslation('admin');
  const { user_agent: agent, protocol, ip, node } = connection;
  const program = programName(agent) ?? t('common.unknownProgram');
  const place = (
    <Text size="sm" c="dimmed" className="admin-clip" title={t('connections.node', { node })}>
      {protocol} · {ip}
    </Text>
  );
  const hides = isInUserCell ? { hiddenFrom: 'sm' as const } : {};
  return (
    <Text component="div" size="sm" className={isGone ? 'admin-gone' : undefined} {...hides}>
      <Group gap="xs">
        <Text size="sm" className="admin-clip" title={agent ?? undefined}>
          {program}
        </Text>
        {isOwn && <Own />}
      </Group>
      {place}
      <Box hiddenFrom="sm">
        <Activity last={connection.last_seen_at} since={connection.connected_at} now={now} isInline />
      </Box>
    </Text>
  );
}

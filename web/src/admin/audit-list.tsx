import { Anchor, Box, Collapse, Group, Stack, Text, ThemeIcon, Title, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  Ban,
  ChevronDown,
  CircleCheck,
  CircleSlash,
  Flag,
  KeyRound,
  LogIn,
  LogOut,
  type LucideIcon,
  PencilLine,
  ShieldAlert,
  Trash2,
  Unplug,
  UserCog,
  UserPlus,
} from 'lucide-react';
import { Fragment, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { programName } from '../shared/program-name';
import { useNow } from '../shared/time';
import type { AuditEntry } from './api';
import { byDay } from './audit-filter';
import { graveness, type Party, piecesOf, sentenceOf } from './audit-sentence';
import { COMMAND_LINE } from './protocols';
import { linkTo } from './use-address';
import { useRegion } from '../shared/use-region';

const ICONS: Readonly<Record<string, LucideIcon>> = {
  login: LogIn,
  login_failed: Ban,
  logout: LogOut,
  register: UserPlus,
  refresh_reuse: ShieldAlert,
  password_changed: KeyRound,
  password_reset_requested: KeyRound,
  password_reset: KeyRound,
  role_changed: UserCog,
  activated: CircleCheck,
  deactivated: CircleSlash,
  user_suspended: CircleSlash,
  user_unsuspended: CircleCheck,
  user_created: UserPlus,
  user_deleted: Trash2,
  sessions_revoked: LogOut,
  connection_closed: Unplug,
  key_rotated: KeyRound,
  report_made: Flag,
  report_resolved: Flag,
};
const COLOURS = { alarming: 'red', ending: 'orange', usual: 'gray' } as const;

interface AuditListProps {
  readonly entries: readonly AuditEntry[];
  /** The level of the headings of days. */
  readonly level: 2 | 3;
}

/** Entries of the audit log by day, each as a sentence. */
export function AuditList({ entries, level }: AuditListProps) {
  const { t } = useTranslation('admin');
  return (
    <Stack gap="md">
      {byDay(entries).map((group) => (
        <Box key={group.day.getTime()}>
          <Title order={level} size="sm" c="dimmed" py={4} className={level === 2 ? 'admin-day' : undefined}>
            <Day day={group.day} />
          </Title>
          <Stack component="ul" gap={2} p={0} m={0} style={{ listStyle: 'none' }} aria-label={t('audit.list')}>
            {group.entries.map((entry) => (
              <Entry key={entry.id} entry={entry} />
            ))}
          </Stack>
        </Box>
      ))}
    </Stack>
  );
}

const DAY_MS = 86_400_000;

function Day({ day }: { readonly day: Date }) {
  const { t } = useTranslation('admin');
  const region = useRegion();
  const today = new Date(useNow(60_000)).setHours(0, 0, 0, 0);
  const daysAgo = Math.round((today - day.getTime()) / DAY_MS);
  if (daysAgo === 0) return t('audit.today');
  if (daysAgo === 1) return t('audit.yesterday');
  return new Intl.DateTimeFormat(region, { dateStyle: 'full' }).format(day);
}

function Entry({ entry }: { readonly entry: AuditEntry }) {
  const { t } = useTranslation('admin');
  const region = useRegion();
  const [isOpen, { toggle }] = useDisclosure(false);
  const id = useId();
  const at = new Date(entry.at);
  const Icon = ICONS[entry.action] ?? PencilLine;
  const place = [
    entry.protocol === COMMAND_LINE ? t('audit.byCli') : entry.protocol,
    entry.protocol === COMMAND_LINE ? null : entry.ip,
    entry.protocol === COMMAND_LINE ? entry.user_agent : programName(entry.user_agent),
  ].filter((part) => part !== null && part !== '');
  return (
    <Box component="li" py={6}>
      <Group wrap="nowrap" align="start" gap="sm">
        <ThemeIcon variant="light" color={COLOURS[graveness(entry.action)]} size="md" radius="xl" mt={2}>
          <Icon size={15} aria-hidden />
        </ThemeIcon>
        <Box flex={1} miw={0}>
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            <SentenceText entry={entry} />
          </Text>
          <Text size="sm" c="dimmed" className="admin-clip">
            <time dateTime={entry.at}>
              {new Intl.DateTimeFormat(region, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(at)}
            </time>
            {place.map((part) => ` · ${part}`)}
          </Text>
        </Box>
        <UnstyledButton
          aria-expanded={isOpen}
          aria-controls={id}
          aria-label={t('audit.detailsOf', { id: entry.id })}
          title={t('audit.details')}
          p={4}
          onClick={toggle}
        >
          <ChevronDown size={18} aria-hidden style={{ transform: isOpen ? 'rotate(180deg)' : undefined }} />
        </UnstyledButton>
      </Group>
      <Collapse expanded={isOpen} id={id}>
        {isOpen && <Details entry={entry} />}
      </Collapse>
    </Box>
  );
}

function SentenceText({ entry }: { readonly entry: AuditEntry }) {
  const { t, i18n } = useTranslation('admin');
  const { key, actor, user, values } = sentenceOf(entry);
  // As it is written, with its gaps: names are put in as they are, whatever they look like.
  const text = i18n.t(`sentences.${key}` as 'sentences.login', { ns: 'admin', skipInterpolation: true });
  return piecesOf(text).map((piece, index) => {
    const id = `${index}`;
    if ('words' in piece) return <Fragment key={id}>{piece.words}</Fragment>;
    if (piece.gap === 'actor') return <PartyName key={id} party={actor} />;
    if (piece.gap === 'user') return <PartyName key={id} party={user} />;
    if (piece.gap === 'action')
      return <Fragment key={id}>{t(`actions.${entry.action}`, { defaultValue: entry.action })}</Fragment>;
    return (
      <strong key={id}>
        <bdi>{values[piece.gap]}</bdi>
      </strong>
    );
  });
}

function PartyName({ party }: { readonly party: Party }) {
  const { t } = useTranslation('admin');
  if (party.kind !== 'account') return <strong>{t(`audit.${party.kind}`)}</strong>;
  if (party.isThere) {
    return (
      <Anchor href={linkTo(`/admin/users/${party.id}`)} fw={550} inherit>
        <bdi>{party.name}</bdi>
      </Anchor>
    );
  }
  return (
    <>
      <strong>
        <bdi>{party.name ?? t('audit.account', { id: party.id })}</bdi>
      </strong>{' '}
      ({t('common.gone')})
    </>
  );
}

function Details({ entry }: { readonly entry: AuditEntry }) {
  const { t } = useTranslation('admin');
  const region = useRegion();
  const at = new Intl.DateTimeFormat(region, { dateStyle: 'long', timeStyle: 'long' }).format(new Date(entry.at));
  const rows: (readonly [string, string | null])[] = [
    [t('common.id'), String(entry.id)],
    [t('audit.time'), at],
    [t('audit.entryAction'), entry.action],
    [t('audit.actor'), entry.actor_id === null ? null : `${entry.actor_name ?? ''} (${entry.actor_id})`],
    [t('audit.user'), entry.user_id === null ? null : `${entry.username ?? ''} (${entry.user_id})`],
    [t('common.protocol'), entry.protocol],
    [t('common.address'), entry.ip],
    [t('audit.agent'), entry.user_agent],
    ...Object.entries(entry.details).map(
      ([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
    ),
  ];
  return (
    <Box component="dl" m={0} mt={4} ml={40} className="admin-details">
      {rows
        .filter(([, value]) => value !== null)
        .map(([name, value]) => (
          <Fragment key={name}>
            <Text component="dt" size="sm" c="dimmed">
              {name}
            </Text>
            <Text component="dd" size="sm" m={0} style={{ overflowWrap: 'anywhere' }}>
              {value}
            </Text>
          </Fragment>
        ))}
    </Box>
  );
}

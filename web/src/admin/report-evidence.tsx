import { Anchor, Badge, Box, Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useRegion } from '../shared/use-region';
import type { Report } from './api';
import { linkTo } from './use-address';

type Said = Report['context'][number];
type Reported = NonNullable<Report['message']>;

/** A copy of the reported message as it was when it was reported, below what was said before it. */
export function ReportEvidence({ message, context }: { readonly message: Reported; readonly context: readonly Said[] }) {
  const { t } = useTranslation('admin');
  const [last, ...former] = [...message.versions].reverse();
  return (
    <Stack gap="sm" className="admin-evidence">
      {context.map((entry) => (
        <ContextEntry key={entry.seq} entry={entry} />
      ))}
      <Box className="admin-reported">
        <Head fromId={message.from_id} name={message.from_name} at={message.created_at}>
          <Badge size="sm" variant="light" color="red" tt="none">
            {t('report.reported')}
          </Badge>
          {message.deleted && (
            <Badge size="sm" variant="light" color="gray" tt="none">
              {t('report.wasDeleted')}
            </Badge>
          )}
        </Head>
        {last && <Words text={last.content ?? ''} isCut={last.truncated} />}
        {former.length > 0 && (
          <Box mt="xs">
            <Text size="xs" c="dimmed" fw={600}>
              {t('report.before')}
            </Text>
            <Stack gap={4} component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
              {former.map((version) => (
                <Box component="li" key={version.seq}>
                  <Words text={version.content ?? ''} isCut={version.truncated} isDimmed />
                </Box>
              ))}
            </Stack>
          </Box>
        )}
      </Box>
    </Stack>
  );
}

function ContextEntry({ entry }: { readonly entry: Said }) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const { kind, from_id: fromId, from_name: name, member_id: memberId, member_name: member } = entry;
  if (kind === 'joined' || kind === 'left') {
    const isSelf = memberId === fromId;
    const key = kind === 'joined' ? (isSelf ? 'chat.joinedSelf' : 'chat.joined') : isSelf ? 'chat.left' : 'chat.removed';
    return (
      <Text size="sm" c="dimmed" ta="center" className="admin-break">
        {general(key, { by: name, who: member ?? '' })}
      </Text>
    );
  }
  if (kind !== 'message') return null;
  return (
    <Box>
      <Head fromId={fromId} name={name} at={entry.created_at}>
        {entry.deleted && (
          <Badge size="sm" variant="light" color="gray" tt="none">
            {t('report.wasDeleted')}
          </Badge>
        )}
      </Head>
      <Words text={entry.content ?? ''} isCut={entry.truncated} isDimmed />
    </Box>
  );
}

interface HeadProps {
  readonly fromId: number;
  readonly name: string;
  readonly at: string;
  readonly children: ReactNode;
}

function Head({ fromId, name, at, children }: HeadProps) {
  const region = useRegion();
  return (
    <Group gap="xs">
      <Anchor href={linkTo(`/admin/users/${fromId}`)} size="sm" fw={600} className="admin-break">
        <bdi>{name}</bdi>
      </Anchor>
      <Text component="time" dateTime={at} size="xs" c="dimmed">
        {new Intl.DateTimeFormat(region, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at))}
      </Text>
      {children}
    </Group>
  );
}

interface WordsProps {
  readonly text: string;
  readonly isCut: boolean;
  readonly isDimmed?: boolean;
}

/** What somebody wrote, as text and nothing else. */
function Words({ text, isCut, isDimmed = false }: WordsProps) {
  const { t } = useTranslation('admin');
  return (
    <Text size="sm" c={isDimmed ? 'dimmed' : undefined} dir="auto" className="admin-words">
      {text}
      {isCut && ` … (${t('report.cut')})`}
    </Text>
  );
}

import '../contacts/texts';
import { Anchor, Button, Grid, Group, Skeleton, Stack, Text } from '@mantine/core';
import { ArrowLeft, FileX } from 'lucide-react';
import { Fragment, type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../../clients/typescript/src/index.js';
import { useLive } from '../session/session';
import { Empty } from '../shared/empty';
import { Section } from '../shared/section';
import { useData } from '../shared/use-data';
import { useRegion } from '../shared/use-region';
import { useTitle } from '../shared/use-title';
import { type Action, readReport, type Report } from './api';
import { AdminPage, Fault } from './page';
import { ReportEvidence } from './report-evidence';
import { Outcome } from './report-outcome';
import { ResolveReport } from './resolve-report';
import { linkTo } from './use-address';

/** One report with its evidence, and the decision about it. */
export function ReportPage({ id }: { readonly id: number }) {
  const { t } = useTranslation('admin');
  const { t: contacts } = useTranslation('contacts');
  const live = useLive();
  const { data: report, error, mutate } = useData(['report', id], () => readReport(id));
  useEffect(
    () =>
      live.on('event', ({ name, data }) => {
        if (name === 'moderation.resolved' && data.report_id === id) void mutate();
      }),
    [live, mutate, id],
  );
  const back = (
    <Anchor
      href={linkTo('/admin/reports', report?.state === 'closed' ? { state: 'closed' } : {})}
      size="sm"
      mb="xs"
      display="inline-block"
    >
      <Group component="span" gap={4}>
        <ArrowLeft size={16} aria-hidden />
        {t('report.back')}
      </Group>
    </Anchor>
  );
  if (error instanceof ApiError && error.status === 404) return <Missing>{back}</Missing>;
  const about = report && { user: report.username, reporter: report.reporter_name };
  return (
    <AdminPage
      above={back}
      title={t('report.title', { id })}
      heading={
        <Group component="span" gap="sm">
          {t('report.title', { id })}
          {report && <Outcome report={report} />}
        </Group>
      }
      text={
        report &&
        `${contacts(`reasons.${report.reason}`)} · ${t(report.seq === null ? 'reports.aboutUser' : 'reports.aboutMessage', about)}`
      }
    >
      <Fault error={error} isStale={report !== undefined} onRetry={() => void mutate()} />
      {!report && error === null && <Skeleton h={400} />}
      {report && (
        <Grid gap="md">
          <Grid.Col span={{ base: 12, lg: 7 }}>
            <Section title={t('report.evidence')} note={report.message ? t('report.evidenceText') : undefined}>
              {report.message ? (
                <ReportEvidence message={report.message} context={report.context} />
              ) : (
                <Text c="dimmed">{t('report.noEvidence', { name: report.username })}</Text>
              )}
            </Section>
          </Grid.Col>
          <Grid.Col span={{ base: 12, lg: 5 }}>
            <Stack gap="md">
              <Facts report={report} />
              <Decision report={report} onChange={(next) => void mutate(next, { revalidate: next === undefined })} />
            </Stack>
          </Grid.Col>
        </Grid>
      )}
    </AdminPage>
  );
}

/** How times are written out. */
function useTime(): (at: string) => string {
  const region = useRegion();
  const format = new Intl.DateTimeFormat(region, { dateStyle: 'long', timeStyle: 'short' });
  return (at) => format.format(new Date(at));
}

function Facts({ report }: { readonly report: Report }) {
  const { t } = useTranslation('admin');
  const { t: contacts } = useTranslation('contacts');
  const time = useTime();
  const rows: (readonly [string, ReactNode])[] = [
    [t('report.user'), <UserLink key="user" id={report.user_id} name={report.username} />],
    [t('report.reporter'), <UserLink key="reporter" id={report.reporter_id} name={report.reporter_name} />],
    [t('report.reason'), contacts(`reasons.${report.reason}`)],
    [t('report.comment'), report.comment],
    [t('report.chat'), report.chat_id === null ? null : (report.chat_name ?? t('report.personalChat'))],
    [t('report.at'), time(report.created_at)],
  ];
  return (
    <Section title={t('report.facts')}>
      <FactList rows={rows} />
    </Section>
  );
}

function FactList({ rows }: { readonly rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="admin-details" style={{ margin: 0 }}>
      {rows
        .filter(([, value]) => value !== null)
        .map(([name, value]) => (
          <Fragment key={name}>
            <Text component="dt" size="sm" c="dimmed">
              {name}
            </Text>
            <Text component="dd" size="sm" m={0} className="admin-words" dir="auto">
              {value}
            </Text>
          </Fragment>
        ))}
    </dl>
  );
}

function UserLink({ id, name }: { readonly id: number; readonly name: string }) {
  return (
    <Anchor href={linkTo(`/admin/users/${id}`)} inherit>
      <bdi>{name}</bdi>
    </Anchor>
  );
}

interface DecisionProps {
  readonly report: Report;
  /** With the report as it is now; without where somebody else has changed it. */
  readonly onChange: (report?: Report) => void;
}

/** What was decided; or, while nothing is, what can be. */
function Decision({ report, onChange }: DecisionProps) {
  const { t } = useTranslation('admin');
  const [action, setAction] = useState<Action | null>(null);
  const dialog = <ResolveReport report={report} action={action} onClose={() => setAction(null)} onChange={onChange} />;
  if (report.resolution !== null) {
    return (
      <Section title={t('report.decision')}>
        <ResolutionFacts resolution={report.resolution} />
        {dialog}
      </Section>
    );
  }
  return (
    <Section title={t('report.decision')} note={t('report.decisionText')}>
      <Stack gap="xs">
        {report.seq !== null && (
          <Button variant="light" color="red" onClick={() => setAction('delete')}>
            {t('resolve.delete')}
          </Button>
        )}
        <Button variant="light" color="red" onClick={() => setAction('suspend')}>
          {t('resolve.suspend')}
        </Button>
        <Button variant="default" onClick={() => setAction('dismiss')}>
          {t('resolve.dismiss')}
        </Button>
      </Stack>
      {dialog}
    </Section>
  );
}

function ResolutionFacts({ resolution }: { readonly resolution: NonNullable<Report['resolution']> }) {
  const { t } = useTranslation('admin');
  const time = useTime();
  const { action, until, by_name: by, at, note } = resolution;
  return (
    <FactList
      rows={[
        [t('report.decided'), t(`reports.did_${action}`)],
        [t('report.until'), until === null ? null : time(until)],
        [t('report.by'), by],
        [t('report.when'), time(at)],
        [t('report.note'), note],
      ]}
    />
  );
}

function Missing({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation('admin');
  useTitle(t('report.notFound'));
  return (
    <Empty icon={<FileX size={32} aria-hidden />} title={t('report.notFound')} text={t('report.notFoundText')}>
      {children}
    </Empty>
  );
}

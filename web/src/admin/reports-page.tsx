import '../contacts/texts';
import { Anchor, Badge, Button, Card, Center, Group, SegmentedControl, Skeleton, Stack, Text } from '@mantine/core';
import { ShieldCheck } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Empty } from '../shared/empty';
import { Ago } from '../shared/time';
import type { ReportState, ReportSummary } from './api';
import { AdminPage, Fault } from './page';
import { Outcome } from './report-outcome';
import { linkTo, useAddress } from './use-address';
import { useReports } from './use-reports';

/** What users have reported, newest first, and what became of it. */
export function ReportsPage() {
  const { t } = useTranslation('admin');
  const { choices, choose } = useAddress();
  const state: ReportState = choices['state'] === 'closed' ? 'closed' : 'open';
  return (
    <AdminPage
      title={t('reports.title')}
      text={t('reports.text')}
      actions={
        <SegmentedControl
          aria-label={t('reports.state')}
          value={state}
          onChange={(next) => choose({ state: next === 'open' ? null : next })}
          data={[
            { value: 'open', label: t('reports.open') },
            { value: 'closed', label: t('reports.closed') },
          ]}
        />
      }
    >
      <ReportList key={state} state={state} />
    </AdminPage>
  );
}

function ReportList({ state }: { readonly state: ReportState }) {
  const { t } = useTranslation('admin');
  const { reports, error, hasMore, isBusy, more, refresh } = useReports(state);
  return (
    <>
      <Fault error={error} isStale={reports !== undefined} onRetry={refresh} />
      {!reports && error === null && <Skeleton h={320} />}
      {reports?.length === 0 && (
        <Empty
          icon={<ShieldCheck size={32} aria-hidden />}
          title={t(state === 'open' ? 'reports.none' : 'reports.noneClosed')}
          text={state === 'open' ? t('reports.noneText') : undefined}
        />
      )}
      <Stack component="ul" gap="sm" p={0} m={0} style={{ listStyle: 'none' }} aria-label={t('reports.title')}>
        {reports?.map((report) => (
          <ReportCard key={report.report_id} report={report} />
        ))}
      </Stack>
      {hasMore && (
        <Center>
          <Button variant="default" loading={isBusy} onClick={more}>
            {t('reports.older')}
          </Button>
        </Center>
      )}
    </>
  );
}

function ReportCard({ report }: { readonly report: ReportSummary }) {
  const { t } = useTranslation('admin');
  const { t: contacts } = useTranslation('contacts');
  const {
    report_id: id,
    reason,
    reporter_name: reporter,
    username,
    seq,
    excerpt,
    comment,
    created_at: at,
    chat_name: chat,
  } = report;
  const isMessage = seq !== null;
  return (
    <Card component="li" withBorder padding="md" className="admin-row">
      <Group justify="space-between" gap="xs" mb={4}>
        <Group gap="xs">
          <Badge variant="light" color="red" tt="none">
            {contacts(`reasons.${reason}`)}
          </Badge>
          <Outcome report={report} />
        </Group>
        <Text size="sm" c="dimmed">
          <Ago at={at} />
        </Text>
      </Group>
      <Anchor className="admin-row-link admin-break" href={linkTo(`/admin/reports/${id}`)} fw={550} c="inherit" underline="never">
        {t(isMessage ? 'reports.aboutMessage' : 'reports.aboutUser', { user: username, reporter })}
      </Anchor>
      {isMessage && excerpt !== null && (
        <Text size="sm" lineClamp={2} dir="auto" className="admin-break">
          {excerpt}
        </Text>
      )}
      {comment && (
        <Text size="sm" c="dimmed" lineClamp={2} dir="auto" className="admin-break">
          {t('reports.commentBy', { reporter, comment })}
        </Text>
      )}
      {chat && (
        <Text size="xs" c="dimmed" mt={4} className="admin-clip">
          {t('reports.inChat', { chat })}
        </Text>
      )}
    </Card>
  );
}

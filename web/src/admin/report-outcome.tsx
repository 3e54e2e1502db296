import { Badge } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { ReportSummary } from './api';

const COLOURS = { delete: 'orange', suspend: 'orange', dismiss: 'gray' } as const;

/** What was decided about a report; nothing while it is open. */
export function Outcome({ report: { resolution } }: { readonly report: Pick<ReportSummary, 'resolution'> }) {
  const { t } = useTranslation('admin');
  if (resolution === null) return null;
  const { action } = resolution;
  return (
    <Badge variant="light" color={COLOURS[action]} tt="none">
      {t(`reports.did_${action}`)}
    </Badge>
  );
}

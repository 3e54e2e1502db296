import { Alert, Skeleton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useUser } from '../session/session';
import { switchboard } from '../session/switchboard';
import { answered, faultText } from '../shared/faults';
import { Section } from '../shared/section';
import { useData } from '../shared/use-data';
import { UsageList } from './usage-list';

const readUsage = () => answered(switchboard.rest.GET('/api/v1/users/me/usage'));

/** How far one's own quotas are used. */
export function UsageSection() {
  const { t } = useTranslation();
  const { id } = useUser();
  const { data, error } = useData(['usage', id], readUsage, { refreshInterval: 30_000 });
  return (
    <Section title={t('usage.title')} note={t('usage.note')}>
      {error !== null && (
        <Alert color="red" role="alert">
          {faultText(error, t)}
        </Alert>
      )}
      {!data && error === null && <Skeleton h={240} />}
      {data && <UsageList quotas={data.quotas} />}
    </Section>
  );
}

import './texts';
import './explorer.css';
import { Alert, Button, Center, Group, Loader, Text } from '@mantine/core';
import { CircleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useTitle } from '../shared/use-title';
import { useCatalogue } from './catalogue';
import { Workbench } from './workbench';

/** The socket explorer: every protocol tried out by hand, frame by frame. */
export default function ExplorerPage() {
  const { t } = useTranslation('explorer');
  const { t: general } = useTranslation();
  useTitle(general('nav.explorer'));
  const { data, error, mutate } = useCatalogue();
  if (data) return <Workbench commands={data} />;
  if (!error) {
    return (
      <Center mih="60vh">
        <Loader aria-label={general('app.loading')} />
      </Center>
    );
  }
  return (
    <Alert m="lg" color="red" role="alert" icon={<CircleAlert size={18} aria-hidden />}>
      <Group justify="space-between">
        <Text size="sm">{t('command.failed')}</Text>
        <Button size="compact-sm" variant="default" onClick={() => void mutate()}>
          {general('app.retry')}
        </Button>
      </Group>
    </Alert>
  );
}

import { Button, Group, Modal, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Asked } from './confirm';

export default function ConfirmDialog({ text, action, answer }: Asked) {
  const { t } = useTranslation();
  return (
    <Modal opened onClose={() => answer(false)} title={action} centered closeButtonProps={{ 'aria-label': t('app.close') }}>
      <Text>{text}</Text>
      <Group justify="end" mt="lg">
        <Button variant="default" onClick={() => answer(false)} data-autofocus>
          {t('app.cancel')}
        </Button>
        <Button color="red" onClick={() => answer(true)}>
          {action}
        </Button>
      </Group>
    </Modal>
  );
}

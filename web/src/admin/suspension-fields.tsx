import { Select, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { SPANS, type SuspensionEnd } from './suspension-end';

interface SuspensionFieldsProps {
  readonly end: SuspensionEnd;
  readonly onChange: (end: SuspensionEnd) => void;
  readonly fault?: string | undefined;
}

/** How long a suspension lasts: some usual spans, or a time of one's own. */
export function SuspensionFields({ end, onChange, fault }: SuspensionFieldsProps) {
  const { t } = useTranslation('admin');
  const isOther = end.span === 'other';
  return (
    <>
      <Select
        label={t('suspension.for')}
        data={SPANS.map((span) => ({ value: span, label: t(`suspension.${span}`) }))}
        allowDeselect={false}
        value={end.span}
        error={isOther ? undefined : fault}
        onChange={(span) => onChange({ ...end, span: span ?? end.span })}
      />
      {isOther && (
        <TextInput
          type="datetime-local"
          label={t('suspension.until')}
          value={end.localTime}
          error={fault}
          onChange={(event) => onChange({ ...end, localTime: event.currentTarget.value })}
        />
      )}
    </>
  );
}

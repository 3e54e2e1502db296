import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { CommandInfo } from './catalogue';
import { ObjectForm } from './object-form';
import type { FieldFault } from './schema-check';
import type { JsonObject } from './wire';

interface PayloadFormProps {
  readonly command: CommandInfo;
  readonly payload: JsonObject;
  readonly faults: readonly FieldFault[];
  readonly onChange: (payload: JsonObject) => void;
}

/** A form of a command's payload, made from its schema. */
export function PayloadForm({ command, payload, faults, onChange }: PayloadFormProps) {
  const { t } = useTranslation('explorer');
  if (command.fields.length === 0) {
    return (
      <Text size="sm" className="explorer-soft">
        {t('command.noPayload')}
      </Text>
    );
  }
  return <ObjectForm key={command.name} fields={command.fields} value={payload} path="" faults={faults} onChange={onChange} />;
}

import { Box, Button, Group, Select, SimpleGrid, TextInput } from '@mantine/core';
import { ListFilter } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { AUDIT_ACTIONS } from './audit-actions';
import { localTimeOf, momentOf } from './audit-filter';
import { DebouncedInput } from './debounced-input';
import { COMMAND_LINE, PROTOCOLS } from './protocols';
import { useAddress } from './use-address';
import { UserPicker } from './user-picker';

const idOf = (text: string | undefined): number | null => (/^[1-9]\d{0,14}$/.test(text ?? '') ? Number(text) : null);
/** Later dates have more digits than the server reads. */
const LAST_TIME = '9999-12-31T00:00';

/** What of the audit log is shown; kept in the address. */
export function AuditFilters({ count }: { readonly count: number }) {
  const { t } = useTranslation('admin');
  const { choices, choose } = useAddress();
  // Where there is little room, the fields stand aside until somebody wants them.
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const change = (name: string, how?: 'push' | 'replace') => (value: string | number | null) =>
    choose({ ...choices, [name]: value }, how);
  return (
    <Box>
      <Button
        hiddenFrom="sm"
        variant="default"
        fullWidth
        leftSection={<ListFilter size={16} aria-hidden />}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        {count === 0 ? t('audit.filters') : t('audit.filtersOn', { count })}
      </Button>
      <Box id={id} display={{ base: isOpen ? 'block' : 'none', sm: 'block' }} mt={{ base: 'sm', sm: 0 }}>
        <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="sm">
          <Select
            label={t('audit.action')}
            placeholder={t('audit.anyAction')}
            searchable
            clearable
            clearButtonProps={{ 'aria-label': t('audit.clear') }}
            nothingFoundMessage={t('audit.noneFiltered')}
            data={AUDIT_ACTIONS.map((action) => ({ value: action, label: t(`actions.${action}`) }))}
            value={AUDIT_ACTIONS.find((action) => action === choices['action']) ?? null}
            onChange={change('action')}
          />
          <UserPicker
            label={t('audit.actor')}
            placeholder={t('audit.anybody')}
            value={idOf(choices['actor_id'])}
            onChange={change('actor_id')}
          />
          <UserPicker
            label={t('audit.user')}
            placeholder={t('audit.anybody')}
            value={idOf(choices['user_id'])}
            onChange={change('user_id')}
          />
          <Select
            label={t('common.protocol')}
            placeholder={t('audit.anyProtocol')}
            clearable
            clearButtonProps={{ 'aria-label': t('audit.clear') }}
            data={[...PROTOCOLS.map((name) => ({ value: name, label: name })), { value: COMMAND_LINE, label: t('audit.byCli') }]}
            value={choices['protocol'] ?? null}
            onChange={change('protocol')}
          />
          <DebouncedInput
            label={t('common.address')}
            placeholder={t('audit.addressHint')}
            clearLabel={t('audit.clear')}
            maxLength={64}
            value={choices['ip'] ?? ''}
            onChange={change('ip', 'replace')}
          />
          <TimeField label={t('audit.since')} value={choices['since']} onChange={change('since', 'replace')} />
          <TimeField label={t('audit.until')} value={choices['until']} onChange={change('until', 'replace')} />
          <Group align="end">
            <Button variant="subtle" disabled={count === 0} onClick={() => choose({})}>
              {t('audit.clear')}
            </Button>
          </Group>
        </SimpleGrid>
      </Box>
    </Box>
  );
}

interface TimeFieldProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly onChange: (moment: string | null) => void;
}

function TimeField({ label, value, onChange }: TimeFieldProps) {
  return (
    <TextInput
      type="datetime-local"
      label={label}
      max={LAST_TIME}
      value={localTimeOf(value)}
      onChange={(event) => onChange(momentOf(event.currentTarget.value))}
    />
  );
}

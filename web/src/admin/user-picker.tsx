import { Select, type SelectProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useData } from '../shared/use-data';
import { listUsers, readUser } from './api';

interface UserPickerProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: number | null;
  readonly w?: SelectProps['w'];
  readonly onChange: (id: number | null) => void;
}

const OFFERED = 8;

/** Chooses an account by the beginning of its name or e-mail, or by its number: of one that is gone only that is left. */
export function UserPicker({ label, placeholder, value, w, onChange }: UserPickerProps) {
  const { t } = useTranslation('admin');
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState('');
  const [wanted] = useDebouncedValue(typed.trim(), 250);
  const chosen = useData(value === null ? null : ['user-name', value], () => readUser(value ?? 0), { revalidateOnFocus: false });
  const found = useData(isOpen ? ['user-choice', wanted] : null, () => listUsers(wanted, null, OFFERED), {
    keepPreviousData: true,
    revalidateOnFocus: false,
  });
  const numbered = (id: number) => ({ value: String(id), label: t('audit.account', { id }) });
  const number = /^#?(\d{1,15})$/.exec(typed.trim())?.[1];
  const present = value === null ? null : chosen.data ? { value: String(value), label: chosen.data.username } : numbered(value);
  const offered = (found.data?.users ?? []).map(({ id, username }) => ({ value: String(id), label: username }));
  const all = [...(present ? [present] : []), ...offered, ...(number === undefined ? [] : [numbered(Number(number))])];
  const data = all.filter((option, index) => all.findIndex((other) => other.value === option.value) === index);
  return (
    <Select
      label={label}
      placeholder={placeholder}
      searchable
      clearable
      {...(w === undefined ? {} : { w })}
      clearButtonProps={{ 'aria-label': t('users.clear') }}
      nothingFoundMessage={t('audit.nobody')}
      data={data}
      // The server has searched already.
      filter={({ options }) => options}
      value={value === null ? null : String(value)}
      onChange={(id) => onChange(id === null ? null : Number(id))}
      onSearchChange={(text) => setTyped(text === present?.label ? '' : text)}
      onDropdownOpen={() => setOpen(true)}
    />
  );
}

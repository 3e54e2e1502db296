import { Button, PasswordInput, SegmentedControl, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FieldFault } from './schema-check';
import { type Field, typedJson } from './schema-form';
import type { Json } from './wire';
import { useRegion } from '../shared/use-region';

/** A text this long gets more than a line. */
const LONG = 200;

interface ControlProps {
  readonly id: string;
  readonly field: Field;
  readonly value: Json;
  readonly onChange: (value: Json) => void;
}

/** What may be in a field, in few words. */
export function useLimits({ kind, minimum, maximum, minLength, maxLength }: Field): string {
  const { t } = useTranslation('explorer');
  const region = useRegion();
  const number = (value: number): string => value.toLocaleString(region);
  const range = (min: number | undefined, max: number | undefined): string => {
    if (min !== undefined && max !== undefined) return t('form.range', { min: number(min), max: number(max) });
    if (min !== undefined) return t('form.atLeast', { min: number(min) });
    return max === undefined ? '' : t('form.atMost', { max: number(max) });
  };
  const ofLength = range(minLength, maxLength);
  if (ofLength !== '') return t(kind === 'text' ? 'form.characters' : 'form.items', { range: ofLength });
  return range(minimum, maximum);
}

export function useFaultWords(): (fault: FieldFault) => string {
  const { t } = useTranslation('explorer');
  return ({ kind, limit }) => t(`invalid.${kind}`, { limit });
}

/** What is null; pressed, it gets a value. */
export function Null({ id, onClick }: { readonly id: string; readonly onClick: () => void }) {
  return (
    <Button id={id} fullWidth variant="default" justify="start" fw={400} ff="monospace" onClick={onClick}>
      null
    </Button>
  );
}

/** A text, in as much room as it may take. */
export function TextControl({ field, id, value, onChange }: ControlProps & { readonly value: string }) {
  const rest = {
    id,
    value,
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => onChange(event.currentTarget.value),
  };
  if (field.secret) return <PasswordInput {...rest} autoComplete="off" />;
  return (field.maxLength ?? 0) > LONG && field.pattern === undefined ? (
    <Textarea {...rest} autosize minRows={2} maxRows={8} />
  ) : (
    <TextInput {...rest} />
  );
}

/** Texts, one after the other. */
export function Texts({ id, value, onChange }: ControlProps) {
  const { t } = useTranslation('explorer');
  const items = Array.isArray(value) ? (value as readonly Json[]) : [];
  return (
    <TagsInput
      id={id}
      placeholder={items.length === 0 ? t('form.textsHint') : undefined}
      value={items.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)))}
      // Whatever is typed goes as it is.
      splitChars={[]}
      allowDuplicates
      onChange={onChange}
    />
  );
}

/** One of a few. */
export function Choice({ field, value, onChange, id }: ControlProps) {
  const isFlag = field.kind === 'flag';
  const choices = isFlag ? ['true', 'false'] : [...(field.choices ?? [])];
  return (
    <SegmentedControl
      id={id}
      size="xs"
      aria-label={field.name}
      data={choices}
      value={typeof value === 'string' ? value : JSON.stringify(value)}
      onChange={(chosen) => onChange(isFlag ? chosen === 'true' : chosen)}
    />
  );
}

/** Anything: what is typed stays as it was typed, whatever it means. */
export function JsonControl({ value, id, onChange }: Omit<ControlProps, 'field'>) {
  const { t } = useTranslation('explorer');
  const [typed, setTyped] = useState<string | null>(null);
  const isSame = typed !== null && JSON.stringify(typedJson(typed).value) === JSON.stringify(value);
  const text = isSame ? typed : JSON.stringify(value);
  const { isText } = typedJson(text);
  return (
    <Textarea
      id={id}
      autosize
      minRows={1}
      maxRows={8}
      spellCheck={false}
      value={text}
      description={isText ? t('form.asText') : undefined}
      inputWrapperOrder={['input', 'description']}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 'var(--mantine-font-size-xs)' } }}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        onChange(typedJson(event.currentTarget.value).value);
      }}
    />
  );
}

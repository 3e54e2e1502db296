import { ActionIcon, Button, Group, Input, Stack, Text, TextInput, Tooltip } from '@mantine/core';
import { Plus, X } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { Choice, JsonControl, Null, TextControl, Texts, useFaultWords, useLimits } from './plain-controls';
import type { FieldFault } from './schema-check';
import { type Field, startOf, typedNumber } from './schema-form';
import type { Json, JsonObject } from './wire';

interface ObjectFormProps {
  readonly fields: readonly Field[];
  readonly value: JsonObject;
  /** `cursors.0.`, or empty at the top. */
  readonly path: string;
  readonly faults: readonly FieldFault[];
  readonly onChange: (value: JsonObject) => void;
}

/** The fields of one object: those that are there, and a way to add the others. */
export function ObjectForm({ fields, value, path, faults, onChange }: ObjectFormProps) {
  const { t } = useTranslation('explorer');
  const has = (field: Field): boolean => Object.hasOwn(value, field.name);
  const left = fields.filter((field) => !has(field));
  const set = (name: string, next: Json): void => {
    // As the schema has them, whatever was added when.
    const names = fields.map((field) => field.name).filter((each) => each === name || Object.hasOwn(value, each));
    const others = Object.keys(value).filter((each) => !names.includes(each));
    onChange(Object.fromEntries([...names, ...others].map((each) => [each, each === name ? next : (value[each] as Json)])));
  };
  const remove = (name: string): void => onChange(Object.fromEntries(Object.entries(value).filter(([each]) => each !== name)));
  return (
    <Stack gap="sm">
      {fields.filter(has).map((field) => (
        <FieldControl
          key={field.name}
          field={field}
          value={value[field.name] as Json}
          path={path + field.name}
          faults={faults}
          onChange={(next) => set(field.name, next)}
          onRemove={() => remove(field.name)}
        />
      ))}
      {left.length > 0 && (
        <Group gap={6}>
          {left.map((field) => (
            <Button
              key={field.name}
              size="compact-xs"
              variant="default"
              leftSection={<Plus size={12} aria-hidden />}
              aria-label={t('form.addField', { name: field.name })}
              className={field.required ? 'explorer-bad' : ''}
              onClick={() => set(field.name, startOf(field))}
            >
              {field.name}
            </Button>
          ))}
        </Group>
      )}
    </Stack>
  );
}

interface FieldControlProps {
  readonly field: Field;
  readonly value: Json;
  readonly path: string;
  readonly faults: readonly FieldFault[];
  readonly onChange: (value: Json) => void;
  readonly onRemove: () => void;
}

/** One field: its name, what may be in it, and its control. */
function FieldControl(props: FieldControlProps) {
  const { field, value, path, faults, onChange, onRemove } = props;
  const { t } = useTranslation('explorer');
  const id = useId();
  const limits = useLimits(field);
  const words = useFaultWords();
  const inside = field.kind === 'object' || field.kind === 'list';
  const fault = faults.find((each) => each.path === path || (!inside && each.path.startsWith(`${path}.`)));
  return (
    <Input.Wrapper
      id={id}
      labelElement={inside || field.kind === 'flag' || field.kind === 'choice' ? 'div' : 'label'}
      label={
        <Group component="span" gap={6} display="inline-flex">
          <span className="explorer-number">{field.name}</span>
        </Group>
      }
      description={(field.description || limits) && <Description text={field.description} limits={limits} />}
      error={fault && words(fault)}
      styles={{ label: { fontSize: 'var(--mantine-font-size-sm)' } }}
    >
      <Group gap={4} align="start" wrap="nowrap" mt={4}>
        <div style={{ flex: 1, minWidth: 0 }}>
          {value === null && field.kind !== 'json' ? (
            <Null id={id} onClick={() => onChange(startOf(field))} />
          ) : (
            <Control {...props} id={id} />
          )}
        </div>
        {field.nullable && value !== null && field.kind !== 'json' && (
          <Button
            size="compact-sm"
            mt={4}
            variant="subtle"
            color="gray"
            aria-label={t('form.setNull', { name: field.name })}
            onClick={() => onChange(null)}
          >
            {t('form.null')}
          </Button>
        )}
        {!field.required && (
          <Tooltip label={t('form.removeField', { name: field.name })}>
            <ActionIcon
              mt={4}
              variant="subtle"
              color="gray"
              aria-label={t('form.removeField', { name: field.name })}
              onClick={onRemove}
            >
              <X size={16} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
      </Group>
    </Input.Wrapper>
  );
}

/** What the server says of a field, in its own language, and what may be in it. */
function Description({ text, limits }: { readonly text: string | undefined; readonly limits: string }) {
  return (
    <>
      {text && <span lang="en">{text}</span>}
      {text && limits && ' · '}
      {limits}
    </>
  );
}

/** The control of a value that is there. */
function Control(props: FieldControlProps & { readonly id: string }): ReactNode {
  const { field, value, id, onChange } = props;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  switch (field.kind) {
    case 'integer':
    case 'number': {
      const kind = field.kind;
      return (
        <TextInput
          id={id}
          inputMode="numeric"
          value={text}
          onChange={(event) => onChange(typedNumber(event.currentTarget.value, kind))}
        />
      );
    }
    case 'text':
      return <TextControl field={field} id={id} value={text} onChange={onChange} />;
    case 'choice':
    case 'flag':
      return <Choice {...props} />;
    case 'texts':
      return <Texts field={field} id={id} value={value} onChange={onChange} />;
    case 'list':
      return <ListControl {...props} />;
    case 'object':
      return (
        <div className="explorer-sub">
          <ObjectForm
            fields={field.fields ?? []}
            value={objectOf(value)}
            path={`${props.path}.`}
            faults={props.faults}
            onChange={onChange}
          />
        </div>
      );
    case 'json':
      return <JsonControl {...props} />;
  }
}

const objectOf = (value: Json): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};

function ListControl({ field, value, path, faults, onChange }: FieldControlProps) {
  const { t } = useTranslation('explorer');
  const { item } = field;
  const items: readonly Json[] = Array.isArray(value) ? value : [];
  if (!item) return null;
  const put = (index: number, next: Json): void => onChange(items.map((each, at) => (at === index ? next : each)));
  return (
    <Stack gap="xs">
      {items.map((each, index) => (
        // Items have no identity of their own but their place.
        <div key={index} className="explorer-sub" role="group" aria-label={t('form.item', { number: index + 1 })}>
          <Group justify="space-between">
            <Text size="xs" className="explorer-soft">
              {t('form.item', { number: index + 1 })}
            </Text>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t('form.removeItem', { number: index + 1 })}
              onClick={() => onChange(items.filter((_, at) => at !== index))}
            >
              <X size={14} aria-hidden />
            </ActionIcon>
          </Group>
          <ObjectForm
            fields={item.fields ?? []}
            value={objectOf(each)}
            path={`${path}.${index}.`}
            faults={faults}
            onChange={(next) => put(index, next)}
          />
        </div>
      ))}
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<Plus size={14} aria-hidden />}
        style={{ alignSelf: 'start' }}
        onClick={() => onChange([...items, startOf(item)])}
      >
        {t('form.addItem')}
      </Button>
    </Stack>
  );
}

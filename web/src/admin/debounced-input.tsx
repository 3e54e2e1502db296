import { CloseButton, TextInput, type TextInputProps } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';

interface DebouncedInputProps extends Omit<TextInputProps, 'value' | 'onChange' | 'rightSection'> {
  /** What counts now. */
  readonly value: string;
  /** Called a moment after the last key, without the blanks around it. */
  readonly onChange: (text: string) => void;
  /** What the button says that empties the field. */
  readonly clearLabel: string;
}

/** A field whose text counts once somebody has stopped typing. */
export function DebouncedInput({ value, onChange, clearLabel, ...props }: DebouncedInputProps) {
  const [text, setText] = useState(value);
  const tell = useDebouncedCallback(onChange, 300);
  const told = useRef(value);
  // What counts may change otherwise, too: by the history, or by a link.
  useEffect(() => {
    if (value !== told.current) setText(value);
    told.current = value;
  }, [value]);
  const type = (typed: string): void => {
    setText(typed);
    told.current = typed.trim();
    tell(typed.trim());
  };
  return (
    <TextInput
      {...props}
      rightSection={text !== '' && <CloseButton size="sm" aria-label={clearLabel} onClick={() => type('')} />}
      value={text}
      onChange={(event) => type(event.currentTarget.value)}
    />
  );
}

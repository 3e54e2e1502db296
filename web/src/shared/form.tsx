import { Alert, Stack } from '@mantine/core';
import type { ReactNode, SubmitEvent } from 'react';
import { ApiError, CommandError } from '../../../clients/typescript/src/index.js';

interface FormProps {
  /** What is wrong with the whole of it; null while nothing is. */
  readonly fault: string | null;
  readonly onSubmit: () => void;
  readonly autoComplete?: 'off';
  readonly children: ReactNode;
}

/** A form that the page sends itself. What is wrong with single fields they say themselves. */
export function Form({ fault, onSubmit, autoComplete, children }: FormProps) {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form onSubmit={submit} noValidate autoComplete={autoComplete}>
      <Stack>
        {fault && (
          <Alert color="red" role="alert">
            {fault}
          </Alert>
        )}
        {children}
      </Stack>
    </form>
  );
}

/**
 * What the text fields of a form have in common: name, value, fault and change.
 * @param faults of single fields, by name
 */
export const fieldsOf =
  <Name extends string>(
    form: Readonly<Record<Name, string>>,
    faults: Readonly<Record<string, string>>,
    change: (name: Name, value: string) => void,
  ) =>
  (name: Name) => ({
    name,
    value: form[name],
    error: faults[name],
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => change(name, event.currentTarget.value),
  });

/** Whether the name or the address is somebody else's: 400 or 409, depending on the protocol. */
export const isTaken = (error: unknown): boolean => error instanceof ApiError && [400, 409].includes(error.status);

/** Whether the server finds fault with a user who was named: nobody has the name, or it is that of the caller. */
export const isUserFault = (error: unknown): boolean =>
  error instanceof CommandError && error.errors?.some(({ type }) => type === 'value_error.user') === true;

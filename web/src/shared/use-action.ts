import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { faultText, fieldFaults } from './faults';

interface Action<Args extends unknown[]> {
  readonly run: (...args: Args) => Promise<boolean>;
  readonly isBusy: boolean;
  /** One line for people; null when all is well, or where single fields say what is wrong. */
  readonly fault: string | null;
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * Something that a button does: whether it is under way, and what went wrong.
 * @param worded says what certain errors mean here; undefined leaves it to the general words
 */
export function useAction<Args extends unknown[]>(
  work: (...args: Args) => Promise<unknown>,
  worded?: (error: unknown) => string | undefined,
): Action<Args> {
  const { t } = useTranslation();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run = async (...args: Args): Promise<boolean> => {
    setBusy(true);
    setError(null);
    try {
      await work(...args);
      return true;
    } catch (thrown) {
      setError(thrown);
      return false;
    } finally {
      setBusy(false);
    }
  };
  const fields = error === null ? {} : fieldFaults(error, t);
  const hasFields = Object.keys(fields).length > 0;
  const fault = error === null ? null : (worded?.(error) ?? (hasFields ? null : faultText(error, t)));
  return { run, isBusy, fault, fields };
}

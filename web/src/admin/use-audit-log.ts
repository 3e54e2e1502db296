import { useCallback, useEffect, useRef, useState } from 'react';
import { type AuditEntry, type AuditFilter, readAuditOn } from './api';

const LIMIT = 50;

interface Log {
  /** The filter, as a text, that the entries fit. */
  readonly key: string;
  readonly entries: readonly AuditEntry[];
  /** Where to read on; null at the beginning of the log, and while nothing is known. */
  readonly nextBefore: number | null;
  readonly isBusy: boolean;
  readonly isRead: boolean;
  /** Of the last attempt; null where it succeeded. */
  readonly error: unknown;
}

export interface AuditLog extends Log {
  readonly isAtEnd: boolean;
  /** Reads on. */
  readonly older: () => void;
  /** Reads anew from the top. */
  readonly refresh: () => void;
}

/** The audit log from its newest entry on, as far as somebody has read. What was read stays until something newer is there. */
export function useAuditLog(filter: AuditFilter): AuditLog {
  const key = JSON.stringify(filter);
  const [log, setLog] = useState<Log>({ key, entries: [], nextBefore: null, isBusy: true, isRead: false, error: null });
  // Only the answer to the last question counts.
  const asked = useRef(0);
  const read = useCallback(
    async (before: number | null): Promise<void> => {
      asked.current += 1;
      const question = asked.current;
      setLog((old) => ({ ...old, isBusy: true, error: null }));
      try {
        const { entries, nextBefore } = await readAuditOn(JSON.parse(key) as AuditFilter, before, LIMIT);
        if (question !== asked.current) return;
        const state = { key, nextBefore, isBusy: false, isRead: true, error: null };
        setLog((old) => ({ ...state, entries: before === null ? entries : [...old.entries, ...entries] }));
      } catch (error) {
        if (question !== asked.current) return;
        // Entries that fit another filter would pass for those of this one.
        setLog((old) => (old.key === key ? { ...old, isBusy: false, error } : { ...BLANK, key, error }));
      }
    },
    [key],
  );
  useEffect(() => {
    void read(null);
    return () => {
      asked.current += 1;
    };
  }, [read]);
  return {
    ...log,
    isAtEnd: log.isRead && log.nextBefore === null,
    older: () => void read(log.nextBefore),
    refresh: () => void read(null),
  };
}

const BLANK: Omit<Log, 'key' | 'error'> = { entries: [], nextBefore: null, isBusy: false, isRead: false };

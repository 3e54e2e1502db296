import { createContext, type ReactNode, useContext, useRef, useState } from 'react';
import { focusedNow, giveFocusBack } from '../shared/focus';
import type { ReportTarget } from './report';
import { ReportDialog } from './report-dialog';

interface ReportingState {
  /** Opens the dialog with which to report something. */
  readonly report: (target: ReportTarget) => void;
  readonly isReporting: boolean;
}

const ReportingContext = createContext<ReportingState>({ report: () => undefined, isReporting: false });

export const useReporting = (): ReportingState => useContext(ReportingContext);

/** The page around which reports are made: one dialog for all of it, which stays open whatever becomes of what opened it. */
export function Reporting({ children }: { readonly children: ReactNode }) {
  const [target, setTarget] = useState<ReportTarget | null>(null);
  const [isReporting, setReporting] = useState(false);
  const opener = useRef<HTMLElement | null>(null);
  const report = (next: ReportTarget): void => {
    opener.current = focusedNow();
    setTarget(next);
    setReporting(true);
  };
  const close = (): void => {
    setTarget(null);
    // The key press that closes the dialog is over before anything below the dialog may close by one.
    setTimeout(() => setReporting(false));
  };
  return (
    <ReportingContext value={{ report, isReporting }}>
      {children}
      <ReportDialog target={target} onClose={close} onClosed={() => giveFocusBack(opener.current)} />
    </ReportingContext>
  );
}

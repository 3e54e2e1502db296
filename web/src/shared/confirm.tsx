import { lazy, Suspense, useSyncExternalStore } from 'react';
import { Fence } from './fence';
import { focusedNow, giveFocusBack } from './focus';

// Most visits ask nothing.
const load = () => import('./confirm-dialog');
let ConfirmDialog = lazy(load);

export interface Question {
  readonly text: string;
  /** What the button says that does it. */
  readonly action: string;
}

export interface Asked extends Question {
  readonly answer: (isSure: boolean) => void;
}

let asked: Asked | null = null;
const listeners = new Set<() => void>();

function show(next: Asked | null): void {
  asked = next;
  for (const listener of listeners) listener();
}

/** Asks before something that cannot be undone. */
export function confirm(question: Question): Promise<boolean> {
  asked?.answer(false);
  const opener = focusedNow();
  return new Promise((resolve) => {
    const answer = (isSure: boolean): void => {
      show(null);
      giveFocusBack(opener);
      resolve(isSure);
    };
    show({ ...question, answer });
  });
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Whether a question is waiting for its answer. */
export const useIsAsked = (): boolean => useSyncExternalStore(subscribe, () => asked !== null);

/** Where the question is asked; once in the page. */
export function Confirmation() {
  const question = useSyncExternalStore(subscribe, () => asked);
  if (!question) return null;
  const askPlainly = (): void => {
    ConfirmDialog = lazy(load);
    question.answer(window.confirm(question.text));
  };
  return (
    <Fence onFault={askPlainly}>
      <Suspense>
        <ConfirmDialog {...question} />
      </Suspense>
    </Fence>
  );
}

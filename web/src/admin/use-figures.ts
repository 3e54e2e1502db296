import { useDocumentVisibility } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { ApiError } from '../../../clients/typescript/src/index.js';
import { readFigures } from './api';
import { type Reading, withReading } from './rates';

const EVERY_MS = 2_000;
/** After the server said that this is too often. */
const SPARING_MS = 10_000;

interface FiguresState {
  readonly readings: readonly Reading[];
  /** Of the last attempt; null where it succeeded. */
  readonly error: unknown;
}

/** Reads the figures every two seconds, while the page is seen and nobody has paused it, and keeps those of the last minutes. */
export function useFigures(isPaused: boolean): FiguresState {
  const [state, setState] = useState<FiguresState>({ readings: [], error: null });
  const isSeen = useDocumentVisibility() !== 'hidden';
  const isRunning = isSeen && !isPaused;
  useEffect(() => {
    if (!isRunning) return;
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async (): Promise<void> => {
      const began = performance.now();
      let wait = EVERY_MS;
      try {
        const { figures, isWhole } = await readFigures();
        const reading = { at: Date.parse(figures.at), figures, isWhole };
        if (!isOver) setState(({ readings }) => ({ readings: withReading(readings, reading), error: null }));
      } catch (error) {
        if (error instanceof ApiError && error.status === 429) wait = SPARING_MS;
        if (!isOver) setState(({ readings }) => ({ readings, error }));
      }
      // A slow answer does not slow the next question, but questions never overtake each other.
      if (!isOver) timer = setTimeout(() => void read(), Math.max(250, wait - (performance.now() - began)));
    };
    void read();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [isRunning]);
  return state;
}

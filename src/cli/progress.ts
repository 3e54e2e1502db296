import cliProgress from 'cli-progress';

/** What shows how far long work has come. */
export interface Progress {
  /** So much more is done, in the unit of the total. */
  advance(n: number): void;
  /** All is done, or given up: the terminal is as before. */
  done(): void;
}

const SILENT: Progress = { advance: () => undefined, done: () => undefined };

/** Whole units up to a million, which are read at a glance; above that thousands and millions. */
const counted = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/**
 * A bar on stderr, where that is a terminal; nothing at all where it is none.
 * @param total how much there is to do, in any unit; may be an estimate
 * @param label what is done, in a word or two
 */
export function progress(total: number, label: string): Progress {
  if (!process.stderr.isTTY) return SILENT;
  const bar = new cliProgress.SingleBar({
    stream: process.stderr,
    format: `${label} [{bar}] {percentage}% {value} of {total}, {eta_formatted} left`,
    formatValue: (value, _options, type) => (type === 'value' || type === 'total' ? counted.format(value) : String(value)),
    barsize: 24,
    etaBuffer: 100,
    clearOnComplete: true,
  });
  let value = 0;
  // Ctrl-C ends the process in the middle: the terminal should break long lines again.
  const stop = (): void => bar.stop();
  process.once('exit', stop);
  bar.start(Math.max(total, 1), 0);
  return {
    advance: (n) => {
      value += n;
      // An estimate may have been too low.
      if (value > bar.getTotal()) bar.setTotal(value);
      bar.update(value);
    },
    done: () => {
      process.off('exit', stop);
      stop();
    },
  };
}

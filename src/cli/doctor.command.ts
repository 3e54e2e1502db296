import type { Command } from 'commander';
import type { Finding } from './doctor/finding.js';
import { addLeaf, type Answer, answering } from './leaf.js';
import { visible } from './print.js';

const MORE =
  'Looks at the settings, the machine, the database, Redis, the mail server, the port and the public address, and says what is wrong and how to ' +
  'mend it. Changes nothing, sends no mail, and shows no secrets. Exit code 1 where something is so wrong that the server would not work.';

/** `doctor`. */
export function doctorCommand(program: Command): void {
  addLeaf(program, {
    usage: 'doctor',
    about: 'Checks everything that a server needs, and says how to mend what is wrong.',
    more: MORE,
    examples: ['doctor', 'doctor --json'],
  }).action(answering(doctor));
}

async function doctor(): Promise<Answer> {
  const { Logger } = await import('@nestjs/common');
  const { readEnvironment } = await import('../config/environment.js');
  const { diagnose } = await import('./doctor/diagnose.js');
  // What is wrong stands in the answer.
  Logger.overrideLogger(false);
  const findings = await diagnose({ variables: variablesOf(readEnvironment), envFile: '.env' });
  const count = (level: Finding['level']): number => findings.filter((finding) => finding.level === level).length;
  const [faults, warnings] = [count('fault'), count('warning')];
  return {
    json: { faults, warnings, findings },
    text: `${findings.map(lineOf).join('')}\n${summary(faults, warnings)}\n`,
    failed: faults > 0,
  };
}

/** A file that cannot be read is a finding of its own. */
function variablesOf(read: () => Record<string, string | undefined>): Record<string, string | undefined> {
  try {
    return read();
  } catch {
    return process.env;
  }
}

function lineOf({ check, level, found, mend }: Finding): string {
  const line = `${level.padEnd(9)}${check.padEnd(16)}${visible(found)}\n`;
  return mend === undefined ? line : `${line}${' '.repeat(25)}→ ${visible(mend)}\n`;
}

function summary(faults: number, warnings: number): string {
  if (faults + warnings === 0) return 'Everything is in order.';
  const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
  return `${counted(faults, 'fault')}, ${counted(warnings, 'warning')}.`;
}

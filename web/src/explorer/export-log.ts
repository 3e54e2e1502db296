import type { LogLine } from './frame-log.js';
import { masked } from './masking.js';

interface ExportOptions {
  /** Whether tokens and passwords go out as they are. */
  readonly withSecrets: boolean;
  readonly secrets: readonly string[];
}

const shown = (line: LogLine, { withSecrets, secrets }: ExportOptions): string =>
  withSecrets ? line.text : masked(line.text, secrets);

const ARROWS = { out: '→', in: '←', note: '·' } as const;

/** The log as people read it: a line each, with the time in UTC. */
export function logAsText(lines: readonly LogLine[], options: ExportOptions): string {
  return lines
    .map((line) => {
      const latency = line.latencyMs === undefined ? '' : ` (${Math.round(line.latencyMs)} ms)`;
      return `${new Date(line.at).toISOString()} ${line.protocol} ${ARROWS[line.direction]} ${line.bytes} B${latency} ${shown(line, options)}\n`;
    })
    .join('');
}

/** The log as programs read it: an object in each line. */
export function logAsJsonLines(lines: readonly LogLine[], options: ExportOptions): string {
  return lines
    .map((line) => {
      const { at, direction, protocol, bytes, latencyMs, facts, isCut } = line;
      return `${JSON.stringify({
        at: new Date(at).toISOString(),
        protocol,
        direction,
        kind: facts.kind,
        bytes,
        ...(latencyMs === undefined ? {} : { latency_ms: Math.round(latencyMs * 10) / 10 }),
        ...(isCut ? { cut: true } : {}),
        text: shown(line, options),
      })}\n`;
    })
    .join('');
}

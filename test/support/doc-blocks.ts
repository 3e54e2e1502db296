import { readFile } from 'node:fs/promises';

/** A fenced block of a document. */
export interface Block {
  readonly language: string;
  /** What follows the language on the opening line. */
  readonly info: string;
  readonly text: string;
  readonly line: number;
}

/** The fenced blocks of a Markdown file, in their order. */
export async function blocksOf(path: string): Promise<Block[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  const blocks: Block[] = [];
  let open: { language: string; info: string; from: number } | undefined;
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith('```')) continue;
    if (open) {
      const text = lines.slice(open.from, index).join('\n');
      blocks.push({ language: open.language, info: open.info, text, line: open.from });
      open = undefined;
    } else {
      const [language = '', ...info] = line.slice(3).trim().split(' ');
      open = { language, info: info.join(' '), from: index + 1 };
    }
  }
  if (open) throw new Error(`${path}: the block of line ${open.from} has no end`);
  return blocks;
}

/** The tables of a Markdown file, as rows of cells without their backticks; the first row is the head. */
export async function tablesOf(path: string): Promise<string[][][]> {
  const tables: string[][][] = [];
  let rows: string[][] = [];
  for (const line of [...(await readFile(path, 'utf8')).split('\n'), '']) {
    if (line.startsWith('|')) {
      const cells = line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll(/^`|`$/g, ''));
      if (!cells.every((cell) => /^-+$/.test(cell))) rows.push(cells);
    } else if (rows.length > 0) {
      tables.push(rows);
      rows = [];
    }
  }
  return tables;
}

/** The table whose head has a cell of this text. */
export async function tableOf(path: string, head: string): Promise<string[][]> {
  const found = (await tablesOf(path)).find(([first]) => first?.includes(head));
  if (!found) throw new Error(`${path} has no table with a column ${head}`);
  return found.slice(1);
}

/** What was printed once and is another value every time. */
const VARYING = new Set([
  'server_time',
  'timestamp',
  'expires_at',
  'retry_after_ms',
  'connection_id',
  'request_id',
  'session_id',
  'created_at',
  'last_activity_at',
  'content_time',
  'block_time',
]);
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const PLACEHOLDER = /^<(\w+)>$/;

/**
 * What a document printed and what really came, compared: `…` in a text stands for anything, a time for any time, `<name>` for
 * a value to be kept as `name`, and `"…"` at the end of a list for more of it.
 * @returns empty where they fit, else what does not
 */
export function misfit(printed: unknown, real: unknown, kept: Map<string, string> = new Map(), at = ''): string {
  if (Array.isArray(printed)) return misfitOfList(printed, real, kept, at);
  if (typeof printed === 'object' && printed !== null) return misfitOfObject(printed, real, kept, at);
  const key = at.split('.').at(-1) ?? '';
  if (typeof printed === 'string' && typeof real === 'string') {
    const name = PLACEHOLDER.exec(printed)?.[1];
    if (name !== undefined) {
      kept.set(name, real);
      return '';
    }
    const isAny = printed.includes('…') || [TIME, UUID].some((shape) => shape.test(printed) && shape.test(real));
    if (isAny || VARYING.has(key)) return '';
  }
  if (VARYING.has(key) && typeof printed === typeof real) return '';
  return printed === real ? '' : `${at}: printed ${JSON.stringify(printed)}, real ${JSON.stringify(real)}\n`;
}

function misfitOfList(printed: readonly unknown[], real: unknown, kept: Map<string, string>, at: string): string {
  if (!Array.isArray(real)) return `${at}: printed a list, real ${JSON.stringify(real)}\n`;
  const hasMore = printed.at(-1) === '…';
  const wanted = hasMore ? printed.slice(0, -1) : printed;
  const isLong = hasMore ? real.length >= wanted.length : real.length === wanted.length;
  if (!isLong) return `${at}: printed ${wanted.length} entries, real ${real.length}\n`;
  return wanted.map((item, index) => misfit(item, real[index], kept, `${at}.${index}`)).join('');
}

function misfitOfObject(printed: object, real: unknown, kept: Map<string, string>, at: string): string {
  if (typeof real !== 'object' || real === null) return `${at}: printed an object, real ${JSON.stringify(real)}\n`;
  const [wanted, given] = [Object.keys(printed).sort().join(), Object.keys(real).sort().join()];
  if (wanted !== given) return `${at}: printed fields ${wanted}, real ${given}\n`;
  return Object.entries(printed)
    .map(([name, value]) => misfit(value, Reflect.get(real, name), kept, `${at}.${name}`))
    .join('');
}

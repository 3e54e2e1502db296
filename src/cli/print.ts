/** What a table shows; null is a dash. */
export type Cell = string | number | boolean | null;

/** Names of people and of their programs come from anybody: none of these may reach a terminal, which would obey them. */
const UNSAFE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const WIDEST = 60;

const graphemes = new Intl.Segmenter();

const escaped = (char: string): string => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;

/** Text that is safe to show, whatever it was. */
export const visible = (text: string): string => text.replace(UNSAFE, escaped);

/** The same as JSON, which has escapes of its own for such characters: what is read from it is what it was. */
export function jsonText(value: object): string {
  const text = JSON.stringify(value, null, 2);
  const safe = text.replace(UNSAFE, (char) => (char === '\n' ? char : escapedUnits(char)));
  return `${safe}\n`;
}

const escapedUnits = (char: string): string =>
  char
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

/** Columns that a terminal needs for a text. */
function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

function whole(cell: Cell): string {
  if (cell === null) return '-';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  return visible(String(cell));
}

/** What is too wide for a column is cut. */
function shown(cell: Cell): string {
  const text = whole(cell);
  if (widthOf(text) <= WIDEST) return text;
  return `${[...graphemes.segment(text)]
    .slice(0, WIDEST - 1)
    .map(({ segment }) => segment)
    .join('')}…`;
}

function lines(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((text, i) => (widths[i] = Math.max(widths[i] ?? 0, widthOf(text))));
  const padded = (text: string, i: number): string => text + ' '.repeat((widths[i] ?? 0) - widthOf(text));
  return rows.map((row) => `${row.map(padded).join('  ').trimEnd()}\n`).join('');
}

/** Rows under a head, in columns. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return lines([head.map((name) => name.toUpperCase()), ...rows.map((row) => row.map(shown))]);
}

/** One thing, a line for each of its fields, of which nothing is left out. */
export function sheet(fields: Readonly<Record<string, Cell>>): string {
  return lines(Object.entries(fields).map(([name, value]) => [name, whole(value)]));
}

import type { Json } from './wire.js';

/** What fits on one line stays there. */
const LINE = 72;

/** For a POSIX shell: nothing inside of single quotes means anything to it, save the quote that ends them. */
export const shellQuoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

interface Words {
  readonly null: string;
  readonly true: string;
  readonly false: string;
  readonly key: (name: string) => string;
  /** Between the outermost brackets and what is in them, where it is one line. */
  readonly padding: string;
  readonly indent: string;
}

/** Written so, the name makes a field of its own; otherwise it would set what the object inherits from. */
const PROTO = '__proto__';

const JAVASCRIPT: Words = {
  null: 'null',
  true: 'true',
  false: 'false',
  key(name) {
    if (name === PROTO) return `["${PROTO}"]`;
    return /^[A-Za-z_$][\w$]*$/.test(name) ? name : text(name);
  },
  padding: ' ',
  indent: '  ',
};

const PYTHON: Words = { null: 'None', true: 'True', false: 'False', key: (name) => text(name), padding: '', indent: '    ' };

/** What JSON calls a string means the same in JavaScript and in Python. */
const text = (value: string): string => JSON.stringify(value);

function words(value: Json, language: Words, depth: number): string {
  if (value === null) return language.null;
  if (typeof value === 'boolean') return value ? language.true : language.false;
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number') return JSON.stringify(value);
  return isList(value)
    ? bracketed(
        value.map((item) => words(item, language, depth + 1)),
        '[]',
        { ...language, padding: '' },
        depth,
      )
    : objectWords(value, language, depth);
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

function objectWords(value: { readonly [name: string]: Json }, language: Words, depth: number): string {
  const fields = Object.entries(value).map(([name, field]) => `${language.key(name)}: ${words(field, language, depth + 1)}`);
  return bracketed(fields, '{}', language, depth);
}

function bracketed(items: readonly string[], brackets: string, { padding, indent }: Words, depth: number): string {
  const [open = '', close = ''] = brackets;
  if (items.length === 0) return brackets;
  const line = `${open}${padding}${items.join(', ')}${padding}${close}`;
  if (line.length + depth * indent.length <= LINE && !line.includes('\n')) return line;
  const inner = indent.repeat(depth + 1);
  return `${open}\n${items.map((item) => `${inner}${item},\n`).join('')}${indent.repeat(depth)}${close}`;
}

/**
 * A JSON value as JavaScript.
 * @param depth of the indentation of the line that it begins in
 */
export const javaScriptLiteral = (value: Json, depth = 0): string => words(value, JAVASCRIPT, depth);

/** A JSON value as Python 3. */
export const pythonLiteral = (value: Json, depth = 0): string => words(value, PYTHON, depth);

/** A text as JavaScript and Python both write it. */
export const textLiteral = text;

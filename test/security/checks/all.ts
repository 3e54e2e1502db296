import { ACCOUNTS } from './accounts.js';
import type { HoldingTest, SecurityCheck } from './check.js';
import { INPUT } from './input.js';
import { REQUESTS } from './requests.js';
import { SOCKETS } from './sockets.js';

/**
 * Every check of the security suite, in order. `npm run security` runs exactly the tests named here; docs/security.md prints the list,
 * which `npm run security -- --write` renews.
 */
export const CHECKS: readonly SecurityCheck[] = [...ACCOUNTS, ...REQUESTS, ...INPUT, ...SOCKETS];

/** How many checks there are: a number that lacks a test is a failure, not a shorter list. */
export const CHECK_COUNT = 78;

/** The placeholders of `it.each` in a title. */
const PLACEHOLDER = /%[sdifjoOp#$%]|\$[\w.]+/;

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Matches the title of a test that ran, whatever stood for the placeholders. */
export const titlePattern = ({ title }: HoldingTest): RegExp =>
  new RegExp(`^${title.split(PLACEHOLDER).map(escaped).join('[^]*')}$`);

/** The rows of the table in docs/security.md. */
export const tableLines = (): string[] => [
  '| check | what is checked | standard | test |',
  '| --- | --- | --- | --- |',
  ...CHECKS.map(
    ({ number, what, clause, tests }) => `| ${[number, what, clause, tests.map(reference).join('; ')].map(cell).join(' | ')} |`,
  ),
];

const reference = ({ file, title }: HoldingTest): string => `\`${file.replace(/^test\//, '')}\`: ${title}`;
const cell = (text: string | number): string => String(text).replaceAll('|', '\\|');

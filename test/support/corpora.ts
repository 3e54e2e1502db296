/** Texts that mean something to an SQL parser that reads them. */
export const SQL_TEXTS = [
  "'",
  "' OR '1'='1",
  "'; DROP TABLE users; --",
  '" OR ""="',
  '\\',
  '%',
  '_',
  '%%',
  '$1',
  '${1}',
  '{{1}}',
  "admin'--",
  ') OR (1=1',
  "' UNION SELECT password_hash FROM users --",
  '1; SELECT pg_sleep(3)',
  "\\' OR 1=1 --",
  '*',
  '/*',
  '||',
  '\u02bc OR 1=1',
] as const;

const SIZE = 50_000;

/** Texts of about 50 kB on which a pattern that backtracks spends seconds. */
export const SLOW_TEXTS = [
  'a'.repeat(SIZE),
  `${'a'.repeat(SIZE)}!`,
  `${'a@'.repeat(SIZE / 2)}`,
  `a@${'a.'.repeat(SIZE / 2)}`,
  `a@${'-'.repeat(SIZE)}.com`,
  `"${'\\"'.repeat(SIZE / 2)}@x.y`,
  `${'.'.repeat(SIZE)}@x.y`,
  ' '.repeat(SIZE),
  '\t'.repeat(SIZE),
  'e\u0301'.repeat(SIZE / 2),
  'ﷺ'.repeat(SIZE / 3),
  '\u0345'.repeat(SIZE / 2),
  '%'.repeat(SIZE),
  `${'eyJ'.repeat(SIZE / 3)}.a.a`,
  `${'A'.repeat(SIZE / 2)}.${'A'.repeat(SIZE / 2)}.`,
] as const;

/** Texts that a server might normalise, trim or escape where it must not. */
export const ODD_TEXTS = [
  '\u202e',
  '\u200b',
  '\ufeff',
  '\u0007',
  'e\u0301',
  '\u{1f468}\u200d\u{1f469}',
  '\u2028',
  '<script>',
  '%00',
  '\\u0000',
  'I\u0307',
  'ﬁ',
  '  two  ',
] as const;
